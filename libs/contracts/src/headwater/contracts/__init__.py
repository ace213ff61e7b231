"""What may be said: events, topics, keys, problems."""
