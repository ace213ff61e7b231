"""Entry point of Alembic: the caller passes the connection."""

from alembic import context

from headwater.alerting.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
