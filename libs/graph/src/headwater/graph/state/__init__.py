"""What is known: facts as they come in, and the mergeable states that are kept of them."""
