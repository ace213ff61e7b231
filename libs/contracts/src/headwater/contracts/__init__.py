"""Messages, topics, keys, API types and problems: what programs exchange."""
