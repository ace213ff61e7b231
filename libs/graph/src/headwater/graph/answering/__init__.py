"""The queries of the port, computed from a store's look-ups."""
