"""The migrations lay exactly the tables of the model, as often as they run."""

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from headwater.alerting.database import DATABASE
from headwater.alerting.tables import metadata
from headwater.runtime.database import migration_config


def test_sqlite_has_the_tables_of_the_model_at_the_newest_version(tmp_path: Path) -> None:
    engine = DATABASE.open(f"sqlite:///{tmp_path / 'alerting.db'}")
    DATABASE.migrate(engine)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        script = ScriptDirectory.from_config(migration_config(connection, DATABASE.migrations))
        assert script.get_current_head() == DATABASE.head
    engine.dispose()
