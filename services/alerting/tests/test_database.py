"""The migrations create exactly the tables of the model, however often they run."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from headwater.alerting.database import DATABASE
from headwater.alerting.tables import metadata, notifications
from headwater.runtime.storage.database import migration_config


def test_sqlite_has_the_tables_of_the_model_at_the_newest_version(tmp_path: Path) -> None:
    engine = DATABASE.open(f"sqlite:///{tmp_path / 'alerting.db'}")
    DATABASE.migrate(engine)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        script = ScriptDirectory.from_config(migration_config(connection, DATABASE.migrations))
        assert script.get_current_head() == DATABASE.head
    engine.dispose()


def test_what_was_queued_before_there_were_channels_is_for_the_webhook(tmp_path: Path) -> None:
    engine = DATABASE.connect(f"sqlite:///{tmp_path / 'alerting.db'}")
    with engine.begin() as connection:
        command.upgrade(migration_config(connection, DATABASE.migrations), "0001")
        row = {"alert_id": "a", "body": b"{}", "status": "waiting", "attempts": 0, "due_at": 1}
        connection.execute(sa.insert(sa.table("notifications", *map(sa.column, row))).values(row))
    DATABASE.migrate(engine)
    with engine.connect() as connection:
        assert connection.execute(sa.select(notifications.c.channel)).scalars().all() == ["webhook"]
    engine.dispose()
