"""Views, one module per subject: parse, query, answer."""
