"""One module a subject: parse, ask, answer."""
