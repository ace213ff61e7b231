"""Facts, and the mergeable states of entities that are built from them."""
