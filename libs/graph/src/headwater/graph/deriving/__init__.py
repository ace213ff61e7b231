"""From facts to changes of the graph: the same rules for every store."""
