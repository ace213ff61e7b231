"""What programs write of themselves, as lines."""
