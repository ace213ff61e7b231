"""Engines, transactions and migrations on PostgreSQL and SQLite; each service decides what an error means."""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    IntegrityError,
    InterfaceError,
    InternalError,
    OperationalError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout

from headwater.contracts.storage import Damaged, DiskFull, sqlite_fault

REMEDY = "stop the product and restore the file from a backup"


def connect(
    url: str, *, schema: str, pragmas: Sequence[str], busy_seconds: int = 30, options: str = "", **pool: Any
) -> sa.Engine:
    """An engine that connects at its first use.

    PostgreSQL: all tables lie in `schema`; `options` are further options of the session, `pool` of the engine. From the
    first such engine on the process waits for PostgreSQL as `postgres` defines: a stalled server counts as unavailable.
    SQLite: `pragmas` hold for every connection, which waits `busy_seconds` for another one's lock.
    """
    parsed = sa.make_url(url)
    if parsed.get_backend_name() == "sqlite":
        engine = sa.create_engine(parsed, connect_args={"timeout": busy_seconds})
        event.listen(engine, "connect", lambda connection, _: _open_sqlite(connection, pragmas))
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    # Without a driver name SQLAlchemy uses psycopg 3.
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg2")
    from headwater.runtime.storage import postgres  # the embedded product has no driver to load

    postgres.wait_with_patience()
    session = {"options": f"-csearch_path={schema} {options}".strip(), **postgres.KEEPALIVE}
    return sa.create_engine(parsed, pool_pre_ping=True, connect_args=session, **pool)


@contextmanager
def transaction(engine: sa.Engine, *, writes: bool) -> Iterator[sa.Connection]:
    """One transaction, committed at the end unless something was raised. SQLite: raises DiskFull and Damaged."""
    try:
        with engine.connect().execution_options(writes=writes) as connection, connection.begin():
            yield connection
    except DBAPIError as error:
        fault = _fault(engine, error)
        if isinstance(fault, Damaged):
            _damaged[engine] = fault
        if fault is not None:
            raise fault from error
        raise


def check(engine: sa.Engine) -> None:
    """Raises the error that keeps the database from answering; damage, once met, is raised from then on."""
    if engine in _damaged:
        raise _damaged[engine]
    with transaction(engine, writes=False) as connection:
        sqlite = connection.dialect.name == "sqlite"
        connection.execute(sa.text("SELECT count(*) FROM sqlite_master" if sqlite else "SELECT 1"))


_damaged: WeakKeyDictionary[sa.Engine, Damaged] = WeakKeyDictionary()


def _fault(engine: sa.Engine, error: DBAPIError) -> Damaged | DiskFull | None:
    if getattr(error.orig, "sqlstate", None) == _NO_ROOM or getattr(error.orig, "pgcode", None) == _NO_ROOM:
        return DiskFull(Path("the database server"), 0, str(error.orig))
    if engine.dialect.name != "sqlite" or error.orig is None:
        return None
    file = Path(engine.url.database or "")
    return sqlite_fault(error.orig, file, remedy=REMEDY, full=DiskFull, damaged=Damaged)


_NO_ROOM = "53100"  # PostgreSQL: disk_full


def is_away(error: SQLAlchemyError) -> bool:
    """Whether the error says that the database cannot be reached or is too busy, and may recover by itself."""
    if isinstance(error, OperationalError | InterfaceError | PoolTimeout):
        return True
    return isinstance(error, DBAPIError) and error.connection_invalidated


class CommitWatch:
    """Detects at once a commit to a SQLite database by any process. Costs microseconds."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    def __call__(self) -> int:
        """A number that changes with every commit. Raises sqlite3.Error."""
        with self._lock:
            if self._connection is None:
                self._connection = sqlite3.connect(self._file, check_same_thread=False, isolation_level=None)
            (version,) = self._connection.execute("PRAGMA data_version").fetchone()
            return int(version)

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()
            self._connection = None


_PROGRAM_LIMIT = "54"  # PostgreSQL's class of errors: a key too long for its index, a statement too complex
_ENDED = ("57014", "53200")  # a statement that took too long, or too much memory
_DAMAGED = ("XX001", "XX002")


def is_refused(error: SQLAlchemyError) -> bool:
    """Whether the database can never hold a value of the batch."""
    return isinstance(error, DataError) or _state(error).startswith(_PROGRAM_LIMIT)


def is_failed(error: SQLAlchemyError) -> bool:
    """Whether the database gave up on the batch, or on a row of it: a smaller batch, or a retry, may pass."""
    if isinstance(error, OperationalError):
        tables_missing = "no such table" in str(error.orig)  # not created yet, or being restored
        return _state(error) in _ENDED or (_code(error) == sqlite3.SQLITE_ERROR and not tables_missing)
    return isinstance(error, IntegrityError | InternalError)


def is_damaged(error: SQLAlchemyError) -> bool:
    """Whether a file of the database is damaged: no record is the cause."""
    return _state(error) in _DAMAGED or _code(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _state(error: SQLAlchemyError) -> str:
    """PostgreSQL's code of an error; empty for others."""
    return getattr(getattr(error, "orig", None), "pgcode", None) or ""


def _code(error: SQLAlchemyError) -> int:
    """SQLite's code of an error without its extension; 0 for others."""
    return int(getattr(getattr(error, "orig", None), "sqlite_errorcode", 0)) & 0xFF


NEW_FILE = "new_file.sql"
"""Beside the migrations: what they make of an empty SQLite file, because Alembic is slow to load. Generated."""


def migrate(engine: sa.Engine, *, schema: str, head: str, migrations: Path) -> None:
    """Bring the tables to the newest version, `head`; safe to run at every start, by many processes."""
    if engine.dialect.name == "sqlite" and (script := migrations / NEW_FILE).exists():
        _fill(engine, script)
    if _version(engine, schema) == head:
        return
    from alembic import command  # slow to load, and only a migration needs it

    with transaction(engine, writes=True) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(f"headwater.{schema}"))))
            connection.execute(sa.schema.CreateSchema(schema, if_not_exists=True))
        command.upgrade(migration_config(connection, migrations), "head")


def _fill(engine: sa.Engine, script: Path) -> None:
    """Run the script in an empty file; does nothing in any other."""
    with transaction(engine, writes=False) as connection:
        if not _is_empty(connection):
            return
    with transaction(engine, writes=True) as connection:
        if _is_empty(connection):
            for statement in _statements(script.read_text()):
                connection.exec_driver_sql(statement)


def _is_empty(connection: sa.Connection) -> bool:
    return connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar() == 0


def _statements(script: str) -> Iterator[str]:
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def migration_config(connection: sa.Connection, migrations: Path) -> Any:
    """Alembic's configuration on this connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _version(engine: sa.Engine, schema: str) -> str | None:
    with transaction(engine, writes=False) as connection:
        where = schema if connection.dialect.name == "postgresql" else None
        if not sa.inspect(connection).has_table("alembic_version", schema=where):
            return None
        found: str | None = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
        return found


def insert_into(connection: sa.Connection, table: sa.Table) -> Any:
    """The dialect's own insert; ON CONFLICT is the same in both. PostgreSQL's is loaded only where it is used."""
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as postgresql_insert

        return postgresql_insert(table)
    return sqlite_insert(table)


def _open_sqlite(connection: Any, pragmas: Sequence[str]) -> None:
    connection.isolation_level = None  # the driver's own BEGIN would come too late: see _begin_sqlite
    connection.execute("PRAGMA temp_store=MEMORY")  # sorting must not need disk space
    for pragma in pragmas:
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    # A transaction that will write takes the lock at once: upgrading a read lock fails when another writes.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
