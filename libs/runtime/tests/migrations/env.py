"""Alembic's entry point: the engine passes the connection."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
