"""Who asks: keys, tokens, principals, and how programs learn of them."""
