"""How it is asked, and the live stream."""
