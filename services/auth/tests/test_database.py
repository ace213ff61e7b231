"""Migrations: they run on both databases, twice, and back, and create exactly the tables that the code expects."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from headwater.auth import database
from headwater.auth.tables import metadata
from headwater.contracts.problems import Problems
from headwater.runtime.storage.database import migration_config
from headwater.runtime.web.problem import Problem

from .conftest import empty_postgres


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.servers)])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
    else:
        yield from empty_postgres(request.getfixturevalue("postgres_url"))


def test_migrations_create_the_tables_of_the_code_and_can_go_back(empty_url: str) -> None:
    database.migrate(empty_url)
    database.migrate(empty_url)
    engine = database.connect(empty_url)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    with engine.connect() as connection, connection.begin():
        config = migration_config(connection, database.DATABASE.migrations)
        assert ScriptDirectory.from_config(config).get_current_head() == database.DATABASE.head
        command.downgrade(config, "base")
    with engine.connect() as connection:
        assert sa.inspect(connection).get_table_names() == ["alembic_version"]
    database.migrate(empty_url)
    engine.dispose()


def test_a_database_that_is_away_is_not_available_now(tmp_path: Path) -> None:
    engine = database.connect(f"sqlite:///{tmp_path / 'missing' / 'auth.db'}")
    with pytest.raises(Problem) as problem, database.transaction(engine, writes=False):
        pass
    assert problem.value.problem is Problems.UNAVAILABLE


def test_sqlite_keeps_what_it_acknowledged_through_a_power_cut(tmp_path: Path) -> None:
    engine = database.connect(f"sqlite:///{tmp_path / 'auth.db'}")
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
    engine.dispose()
