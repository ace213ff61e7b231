"""From measurement to person."""
