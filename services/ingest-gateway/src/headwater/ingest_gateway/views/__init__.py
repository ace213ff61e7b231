"""The write routes, one module per family."""
