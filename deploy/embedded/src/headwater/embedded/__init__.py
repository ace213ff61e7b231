"""The embedded product: every service in the processes of one machine, on one data directory."""
