"""Requests and answers: routes, checks, problems, servers."""
