"""The database of accounts: its engine, its transactions, its migrations."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from headwater.contracts.problems import Problems
from headwater.runtime.storage import database
from headwater.runtime.storage.transactions import Database
from headwater.runtime.web.problem import Problem

DATABASE = Database(
    name="auth",
    head="0002",
    migrations=Path(__file__).parent / "migrations",
    # Acknowledged transactions must survive a power failure.
    pragmas=("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"),
    engine={
        "busy_seconds": 10,
        "options": "-cstatement_timeout=10000",
        "pool_size": 10,
        "max_overflow": 5,
        "pool_timeout": 5,
    },
)


def connect(url: str) -> sa.Engine:
    """An engine for a database URL. PostgreSQL: all tables lie in the schema `auth`. Connects lazily."""
    return DATABASE.connect(url)


def migrate(url: str) -> None:
    """Bring the tables to the newest version; safe to run at every start, by many processes."""
    engine = connect(url)
    try:
        database.migrate(engine, schema=DATABASE.name, head=DATABASE.head, migrations=DATABASE.migrations)
    finally:
        engine.dispose()


@contextmanager
def transaction(engine: sa.Engine, *, writes: bool) -> Iterator[sa.Connection]:
    """One transaction. A database that is unavailable or too busy is the problem 503: nobody is authenticated without
    it.

    Raises DiskFull and Damaged (contracts.storage), which are 503 too and name the disk or the file.
    """
    with _translated(), database.transaction(engine, writes=writes) as connection:
        yield connection


def check(engine: sa.Engine) -> None:
    """Raises the error that keeps the database from answering."""
    with _translated():
        database.check(engine)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        if database.is_away(error):
            raise Problem(
                Problems.UNAVAILABLE, "The accounts cannot be read now.", headers={"Retry-After": "2"}
            ) from error
        raise
