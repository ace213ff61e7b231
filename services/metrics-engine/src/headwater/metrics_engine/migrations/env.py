"""Entry point of Alembic: the engine passes the connection; there is no offline mode."""

from alembic import context

from headwater.metrics_engine.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
