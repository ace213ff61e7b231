"""Identity: keys, tokens, principals, and the feed by which programs receive them."""
