"""From event to facts to graph."""
