"""What any graph store promises, tested on every adapter with generated histories."""
