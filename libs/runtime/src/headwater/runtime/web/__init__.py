"""HTTP: routes, checks, problems, servers."""
