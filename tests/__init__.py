"""Suites that belong to no single package: contract, integration, end to end, architecture."""
