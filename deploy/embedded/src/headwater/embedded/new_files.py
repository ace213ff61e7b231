"""Write what each service's migrations make of an empty SQLite file: `python -m headwater.embedded.new_files`."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa
from alembic import command

from headwater.embedded.services import SERVICES
from headwater.runtime.storage.database import NEW_FILE, migration_config
from headwater.runtime.storage.transactions import Database

DATABASES = tuple(service.needs.database for service in SERVICES if service.needs.database is not None)


def migrated(database: Database, file: Path) -> list[str]:
    """Apply every migration of a database to an empty file. Returns the statements that create its content."""
    engine = database.connect(f"sqlite:///{file}")
    with engine.connect() as connection, connection.begin():
        command.upgrade(migration_config(connection, database.migrations), "head")
    try:
        return list(content(engine))
    finally:
        engine.dispose()


def content(engine: sa.Engine) -> Iterator[str]:
    """The statements that create the content of a file, without those around the transaction."""
    with engine.connect() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None
        for statement in raw.iterdump():
            if statement not in ("BEGIN TRANSACTION;", "COMMIT;"):
                yield "\n".join(line.rstrip() for line in statement.splitlines())


def main() -> None:
    for database in DATABASES:
        with tempfile.TemporaryDirectory() as folder:
            statements = migrated(database, Path(folder) / "new.db")
        note = "-- Made by `make generate` from the migrations; change those.\n"
        (database.migrations / NEW_FILE).write_text(note + "".join(f"{statement}\n" for statement in statements))


if __name__ == "__main__":
    main()
