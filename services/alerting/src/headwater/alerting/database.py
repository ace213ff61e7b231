"""The database of rules and alerts: its engine, its transactions, its migrations."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from headwater.bus.errors import DiskFull, Fatal, Poison, Suspect, Transient
from headwater.contracts import storage
from headwater.runtime import database

SCHEMA = "alerting"
HEAD = "0001"
MIGRATIONS = Path(__file__).parent / "migrations"
_PRAGMAS = ("journal_mode=WAL", "synchronous=NORMAL")
_LOCK = 0x414C4552
"""Advisory lock of all writers: there are few, and a new rule must see every point that its judgement rests on."""


def connect(url: str, *, schema: str = SCHEMA) -> sa.Engine:
    """An engine that connects at first use. On PostgreSQL every table lies in `schema`."""
    return database.connect(url, schema=schema, pragmas=_PRAGMAS)


def url_of(url: str, data_dir: str) -> str:
    """The URL that was set, or a SQLite file in the data folder."""
    return url or f"sqlite:///{Path(data_dir) / 'alerting.db'}"


def migrate(engine: sa.Engine, *, schema: str = SCHEMA) -> None:
    """Bring the tables to the newest version; many processes may do it at once. Raises Transient."""
    with _translated():
        database.migrate(engine, schema=schema, head=HEAD, migrations=MIGRATIONS)


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that writes, one at a time. A database that is away raises Transient, a value that it cannot hold
    Poison, one that gives up on the batch Suspect, a damaged one Fatal."""
    with _translated(), _blame(), database.transaction(engine, writes=True) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        yield connection


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that reads. Raises Transient when the database is away."""
    with _translated(), database.transaction(engine, writes=False) as connection:
        yield connection


def check(engine: sa.Engine) -> None:
    """Raises Transient when the database does not answer, Damaged when it holds what nobody wrote."""
    with _translated():
        database.check(engine)


@contextmanager
def _translated() -> Iterator[None]:
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
