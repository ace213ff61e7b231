"""The migrations lay exactly the tables of the model, as often as they run."""

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from headwater.alerting import database
from headwater.alerting.tables import metadata
from headwater.runtime.database import migration_config


def test_sqlite_has_the_tables_of_the_model_at_the_newest_version(tmp_path: Path) -> None:
    engine = database.connect(database.url_of("", str(tmp_path)))
    database.migrate(engine)
    database.migrate(engine)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        script = ScriptDirectory.from_config(migration_config(connection, database.MIGRATIONS))
        assert script.get_current_head() == database.HEAD
    engine.dispose()
