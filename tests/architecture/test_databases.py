"""New SQLite files hold exactly what the migrations make of an empty one."""

from pathlib import Path

import pytest

from headwater.embedded.new_files import DATABASES, content, migrated
from headwater.runtime.storage.database import NEW_FILE
from headwater.runtime.storage.transactions import Database


@pytest.mark.parametrize("database", DATABASES, ids=[database.name for database in DATABASES])
def test_a_new_file_holds_what_the_migrations_make(database: Database, tmp_path: Path) -> None:
    assert (database.migrations / NEW_FILE).exists()
    engine = database.open(f"sqlite:///{tmp_path / 'created.db'}")
    created = list(content(engine))
    engine.dispose()
    assert created == migrated(database, tmp_path / "migrated.db"), "stale: run `make generate`"
