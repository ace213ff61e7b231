"""The embedded product: all services on one machine, with one data directory."""
