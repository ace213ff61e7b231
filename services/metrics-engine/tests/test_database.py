"""The migrations create exactly the tables of the model, on both databases, however often they run."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from headwater.bus.errors import Poison, Transient
from headwater.metrics_engine.database import DATABASE, check, writing
from headwater.metrics_engine.tables import metadata, offsets
from headwater.runtime.storage.database import migration_config


def differences(engine: sa.Engine) -> list[object]:
    with engine.connect() as connection:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))


def test_sqlite_has_the_tables_of_the_model(tmp_path: Path) -> None:
    engine = DATABASE.open(f"sqlite:///{tmp_path / 'metrics.db'}")
    DATABASE.migrate(engine)
    assert differences(engine) == []
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        script = ScriptDirectory.from_config(migration_config(connection, DATABASE.migrations))
        assert script.get_current_head() == DATABASE.head
    assert (tmp_path / "metrics.db").exists()
    engine.dispose()


@pytest.fixture
def schema(postgres_url: str) -> Iterator[str]:
    name = f"metrics_{uuid.uuid4().hex[:8]}"
    yield name
    engine = sa.create_engine(sa.make_url(postgres_url).set(drivername="postgresql+psycopg2"))
    with engine.begin() as connection:
        connection.execute(sa.text(f"DROP SCHEMA IF EXISTS {name} CASCADE"))
    engine.dispose()


@pytest.mark.servers
def test_postgresql_has_the_tables_of_the_model_in_their_own_schema(postgres_url: str, schema: str) -> None:
    engine = DATABASE.connect(postgres_url, schema=schema)
    DATABASE.migrate(engine, schema=schema)
    DATABASE.migrate(engine, schema=schema)
    assert differences(engine) == []
    with engine.connect() as connection:
        assert set(sa.inspect(connection).get_table_names(schema=schema)) == {*metadata.tables, "alembic_version"}
    engine.dispose()


@pytest.mark.servers
def test_a_value_that_postgresql_cannot_hold_is_poison(postgres_url: str, schema: str) -> None:
    engine = DATABASE.connect(postgres_url, schema=schema)
    DATABASE.migrate(engine, schema=schema)
    with pytest.raises(Poison, match="cannot hold"), writing(engine) as connection:
        connection.execute(offsets.insert(), [{"topic": "t", "partition": 0, "next": 2**63}])
    engine.dispose()


def test_a_database_that_cannot_be_opened_is_transient(tmp_path: Path) -> None:
    engine = DATABASE.connect(f"sqlite:///{tmp_path}/missing/metrics.db")
    with pytest.raises(Transient):
        check(engine)
