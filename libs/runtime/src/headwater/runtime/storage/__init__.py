"""Databases of services: engines, transactions, migrations."""
