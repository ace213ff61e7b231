"""One file per command, with its name."""
