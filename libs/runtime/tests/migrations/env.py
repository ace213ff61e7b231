"""Alembic's entry: the engine hands in the connection."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
