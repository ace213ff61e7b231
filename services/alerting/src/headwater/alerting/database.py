"""Engines, transactions and migrations, on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from headwater.bus.errors import Transient

SCHEMA = "alerting"
HEAD = "0001"
_LOCK = 0x414C4552
"""Advisory lock of all writers: there are few, and a new rule must see every pane that its judgement rests on."""


def connect(url: str, *, schema: str = SCHEMA) -> sa.Engine:
    """An engine that connects at first use. On PostgreSQL every table lies in `schema`."""
    parsed = sa.make_url(url)
    if parsed.get_backend_name() == "sqlite":
        engine = sa.create_engine(parsed, connect_args={"timeout": 30})
        event.listen(engine, "connect", _open_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    return sa.create_engine(
        parsed.set(drivername="postgresql+psycopg2"),
        pool_pre_ping=True,
        connect_args={"options": f"-csearch_path={schema}", "connect_timeout": 5},
    )


def url_of(url: str, data_dir: str) -> str:
    """The URL that was set, or a SQLite file in the data folder."""
    return url or f"sqlite:///{Path(data_dir) / 'alerting.db'}"


def migrate(engine: sa.Engine, *, schema: str = SCHEMA) -> None:
    """Bring the tables to the newest version; many processes may do it at once."""
    if _version(engine, schema) == HEAD:
        return
    from alembic import command  # slow to load, and only a migration needs it

    with writing(engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.schema.CreateSchema(schema, if_not_exists=True))
        command.upgrade(configuration(connection), "head")


def _version(engine: sa.Engine, schema: str) -> str | None:
    with reading(engine) as connection:
        where = schema if connection.dialect.name == "postgresql" else None
        if not sa.inspect(connection).has_table("alembic_version", schema=where):
            return None
        found: str | None = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
        return found


def configuration(connection: sa.Connection) -> Any:
    """Alembic's configuration, working on this connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that writes, one at a time. Raises Transient when the database is away."""
    with _translated(), engine.connect().execution_options(writes=True) as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        yield connection


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that reads. Raises Transient when the database is away."""
    with _translated(), engine.connect() as connection, connection.begin():
        yield connection


def check(engine: sa.Engine) -> None:
    """Raises Transient when the database does not answer."""
    with reading(engine) as connection:
        connection.execute(sa.select(1))


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        raise Transient(f"database: {error.orig}") from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise Transient(f"database: {error.orig}") from error
        raise


def _open_sqlite(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # transactions begin in _begin_sqlite, where their kind is known
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")


def _begin_sqlite(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
