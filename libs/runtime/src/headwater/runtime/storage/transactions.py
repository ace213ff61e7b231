"""The database of a service with a consumer: its transactions raise the errors that the consumer loop handles."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from headwater.bus.errors import DiskFull, Fatal, Poison, Suspect, Transient
from headwater.contracts import storage
from headwater.runtime.logs.lines import get_logger
from headwater.runtime.stop import StopSignal
from headwater.runtime.storage import database

START_SECONDS = 60.0
RETRY_SECONDS = 1.0


@dataclass(frozen=True, kw_only=True)
class Database:
    """The tables of one service, declared in its `database.py`.

    name: of its schema on PostgreSQL, and of its file in an embedded data directory. head: the newest migration.
    pragmas: of every SQLite connection. engine: further arguments of SQLAlchemy's engine on PostgreSQL.
    """

    name: str
    head: str
    migrations: Path
    pragmas: tuple[str, ...]
    engine: Mapping[str, Any] = field(default_factory=dict)

    def connect(self, url: str, *, schema: str = "") -> sa.Engine:
        """An engine that connects at its first use. schema: overrides its own, for tests."""
        return database.connect(url, schema=schema or self.name, pragmas=self.pragmas, **self.engine)

    def migrate(self, engine: sa.Engine, *, schema: str = "") -> None:
        """Bring the tables to the newest version; many processes may do it at once. Raises Transient."""
        with _translated():
            database.migrate(engine, schema=schema or self.name, head=self.head, migrations=self.migrations)

    def open(self, url: str) -> sa.Engine:
        """The tables at their newest version. Raises Transient when the database does not answer."""
        engine = self.connect(url)
        try:
            self.migrate(engine)
        except BaseException:
            engine.dispose()
            raise
        return engine

    def open_when_up(self, url: str, *, stop: StopSignal, seconds: float = START_SECONDS) -> sa.Engine:
        """As `open`, but waits for a database that does not answer yet: it may start later than the service.

        Logs once what it waits for. Raises Transient after `seconds`, or once `stop` is set.
        """
        deadline, logged = time.monotonic() + seconds, False
        while True:
            try:
                return self.open(url)
            except Transient as error:
                if not logged:
                    get_logger(self.name).warning("waits_for_database", reason=str(error))
                logged = True
                if time.monotonic() > deadline or stop.wait(RETRY_SECONDS):
                    raise


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that writes.

    Raises Transient when the database does not answer or is too busy, Poison for a value that it cannot hold, Suspect
    when it gave up on the batch, Fatal when it is damaged.
    """
    with _translated(), _blamed(), database.transaction(engine, writes=True) as connection:
        yield connection


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that reads. Raises Transient as `writing` does."""
    with _translated(), database.transaction(engine, writes=False) as connection:
        yield connection


def check(engine: sa.Engine) -> None:
    """For readiness. Raises Transient when the database does not answer, Damaged when it is damaged."""
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
def _blamed() -> Iterator[None]:
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
