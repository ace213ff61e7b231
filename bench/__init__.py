"""Every performance claim as a command: `make bench`, or `python -m bench --help`."""
