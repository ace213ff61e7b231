"""What events assert about the world: the only way into a graph store."""

Fact = object
