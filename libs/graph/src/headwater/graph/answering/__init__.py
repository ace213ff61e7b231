"""Every question of the port, from what a store can look up."""
