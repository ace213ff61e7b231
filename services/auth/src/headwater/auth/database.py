"""Engines and transactions for PostgreSQL and SQLite, and the migrations that lay the tables."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from headwater.contracts.problems import Problems
from headwater.runtime.problem import Problem

SCHEMA = "auth"
HEAD = "0001"
_MIGRATIONS = Path(__file__).parent / "migrations"


def connect(url: str) -> sa.Engine:
    """An engine for a database URL. PostgreSQL: all tables lie in the schema `auth`. Connects lazily."""
    parsed = sa.make_url(url)
    if parsed.get_backend_name() == "sqlite":
        engine = sa.create_engine(parsed, connect_args={"timeout": 10})
        event.listen(engine, "connect", _tune_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    # Without a driver's name SQLAlchemy looks for psycopg 3.
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg2")
    return sa.create_engine(
        parsed,
        pool_size=10,
        max_overflow=5,
        pool_timeout=5,
        pool_pre_ping=True,
        connect_args={"options": f"-csearch_path={SCHEMA} -cstatement_timeout=10000", "connect_timeout": 3},
    )


def migrate(url: str) -> None:
    """Bring the tables to the newest version; safe to run at every start, by many processes."""
    engine = connect(url)
    try:
        if _version(engine) == HEAD:
            return
        # Only a migration needs alembic; it is slow to load.
        from alembic import command

        with engine.connect().execution_options(writes=True) as connection, connection.begin():
            if connection.dialect.name == "postgresql":
                connection.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext('headwater.auth.migrate'))"))
                connection.execute(sa.text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
            command.upgrade(migration_config(connection), "head")
    finally:
        engine.dispose()


def _version(engine: sa.Engine) -> str | None:
    with engine.connect() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
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
def transaction(engine: sa.Engine, *, writes: bool) -> Iterator[sa.Connection]:
    """One transaction. A database that is away or too busy is the problem 503: nothing is let in without it."""
    try:
        with engine.connect().execution_options(writes=writes) as connection, connection.begin():
            yield connection
    except (OperationalError, InterfaceError, PoolTimeout) as error:
        raise _away() from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise _away() from error
        raise


def _away() -> Problem:
    return Problem(Problems.UNAVAILABLE, "The accounts cannot be read now.", headers={"Retry-After": "2"})


def _tune_sqlite(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # the driver's own BEGIN would come too late: see _begin_sqlite
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    # A transaction that will write takes the lock at once: upgrading a read lock fails when another writes.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
