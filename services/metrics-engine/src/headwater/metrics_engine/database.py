"""The database of predictions, labels and results: its engine, its transactions, its migrations."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from headwater.bus.errors import DiskFull, Fatal, Poison, Suspect, Transient
from headwater.contracts import storage
from headwater.runtime import database

SCHEMA = "metrics"
HEAD = "0001"
MIGRATIONS = Path(__file__).parent / "migrations"
_PRAGMAS = ("journal_mode=WAL", "synchronous=NORMAL", "wal_autocheckpoint=20000", "foreign_keys=ON")


def connect(url: str, *, schema: str = SCHEMA) -> sa.Engine:
    """An engine for a database URL. PostgreSQL: all tables lie in one schema. Connects lazily."""
    return database.connect(url, schema=schema, pragmas=_PRAGMAS, executemany_mode="values_plus_batch")


def url_of(url: str, data_dir: str) -> str:
    """The URL as set, or that of a SQLite file in the data folder."""
    return url or f"sqlite:///{Path(data_dir) / 'metrics.db'}"


def check(engine: sa.Engine) -> None:
    """What readiness asks. Raises Transient when the database does not answer, Damaged when it is."""
    with _errors():
        database.check(engine)


def migrate(engine: sa.Engine, *, schema: str = SCHEMA) -> None:
    """Bring the tables to the newest version; safe to run at every start, by many processes. Raises Transient."""
    with _errors():
        database.migrate(engine, schema=schema, head=HEAD, migrations=MIGRATIONS)


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """One transaction that writes. A database that is away or busy raises Transient, a value it cannot hold Poison,
    one that gives up on the batch Suspect, a damaged one Fatal."""
    with _errors(), _blame(), database.transaction(engine, writes=True) as connection:
        yield connection


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """One transaction that reads; raises Transient as `writing` does."""
    with _errors(), database.transaction(engine, writes=False) as connection:
        yield connection


@contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except storage.DiskFull as full:
        raise DiskFull(full.directory, full.free, full.found) from full
    except SQLAlchemyError as error:
        if database.is_away(error):
            raise Transient(f"database: {getattr(error, 'orig', error)}") from error
        raise


@contextmanager
def _blame() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        reason = getattr(error, "orig", error)
        if database.is_damaged(error):
            raise Fatal(f"the database is damaged, restore it from a backup: {reason}") from error
        if database.is_refused(error):
            raise Poison(f"the database cannot hold a value of this record: {reason}") from error
        if database.is_failed(error):
            raise Suspect(f"the database gave up: {reason}") from error
        raise


def lock_models(connection: sa.Connection, models: list[int]) -> None:
    """Hold these models until the transaction ends: one engine process at a time changes a model's rows and windows.

    SQLite needs no lock: its writing transactions exclude each other.
    """
    if connection.dialect.name == "postgresql":
        for model in sorted(models):
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK_CLASS, sa.cast(model, sa.Integer))))


_LOCK_CLASS = 0x4D455452  # "METR": keeps these locks apart from others in the same database
