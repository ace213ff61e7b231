"""What any graph store promises, asked of every adapter over generated histories."""
