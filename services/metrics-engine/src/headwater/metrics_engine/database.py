"""Engines and transactions for SQLite and PostgreSQL, and the migrations that lay the tables."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DataError, DBAPIError, InterfaceError, OperationalError

from headwater.bus.errors import Poison, Transient

SCHEMA = "metrics"
HEAD = "0001"
_MIGRATIONS = Path(__file__).parent / "migrations"


def connect(url: str, *, schema: str = SCHEMA) -> sa.Engine:
    """An engine for a database URL. PostgreSQL: all tables lie in one schema. Connects lazily."""
    parsed = sa.make_url(url)
    if parsed.get_backend_name() == "sqlite":
        engine = sa.create_engine(parsed, connect_args={"timeout": 30})
        event.listen(engine, "connect", _tune_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg2")
    return sa.create_engine(
        parsed,
        executemany_mode="values_plus_batch",
        pool_pre_ping=True,
        connect_args={"options": f"-csearch_path={schema}", "connect_timeout": 5},
    )


def url_of(url: str, data_dir: str) -> str:
    """The URL as set, or that of a SQLite file in the data folder."""
    return url or f"sqlite:///{Path(data_dir) / 'metrics.db'}"


def check(engine: sa.Engine) -> None:
    """Raises Transient when the database does not answer: what readiness asks."""
    with reading(engine) as connection:
        connection.execute(sa.select(1))


def migrate(engine: sa.Engine, *, schema: str = SCHEMA) -> None:
    """Bring the tables to the newest version; safe to run at every start, by many processes."""
    if _version(engine, schema) == HEAD:
        return
    from alembic import command  # slow to load, and only a migration needs it

    with writing(engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext('headwater.metrics.migrate'))"))
            connection.execute(sa.text(f"CREATE SCHEMA IF NOT EXISTS {schema}"))
        command.upgrade(migration_config(connection), "head")


def _version(engine: sa.Engine, schema: str) -> str | None:
    with reading(engine) as connection:
        where = schema if connection.dialect.name == "postgresql" else None
        if not sa.inspect(connection).has_table("alembic_version", schema=where):
            return None
        found: str | None = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
        return found


def migration_config(connection: sa.Connection) -> Any:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """One transaction that writes. A database that is away or busy raises Transient, a value it cannot hold Poison."""
    with _errors(), engine.connect().execution_options(writes=True) as connection, connection.begin():
        yield connection


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """One transaction that reads; raises Transient as `writing` does."""
    with _errors(), engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except DataError as error:
        raise Poison(f"the database cannot hold a value of this record: {error.orig}") from error
    except (OperationalError, InterfaceError) as error:
        raise Transient(f"database: {error.orig}") from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise Transient(f"database: {error.orig}") from error
        raise


def lock_models(connection: sa.Connection, models: list[int]) -> None:
    """Hold these models until the transaction ends: one engine process at a time changes a model's rows and panes.

    SQLite needs no lock: its writing transactions exclude each other.
    """
    if connection.dialect.name == "postgresql":
        for model in sorted(models):
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK_CLASS, sa.cast(model, sa.Integer))))


_LOCK_CLASS = 0x4D455452  # "METR": keeps these locks apart from others in the same database


def _tune_sqlite(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # the driver's own BEGIN would come too late: see _begin_sqlite
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "wal_autocheckpoint=20000", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    # A transaction that will write takes the lock at once: upgrading a read lock fails when another writes.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
