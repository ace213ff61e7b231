"""The write routes, one module a family."""
