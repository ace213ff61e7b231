"""Service declarations, and the host that runs one or several services."""
