"""The database of rules and alerts: its tables and its transactions."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from headwater.runtime.storage import transactions
from headwater.runtime.storage.transactions import Database, check, reading

__all__ = ["DATABASE", "check", "reading", "writing"]

DATABASE = Database(
    name="alerting",
    head="0002",
    migrations=Path(__file__).parent / "migrations",
    pragmas=("journal_mode=WAL", "synchronous=NORMAL"),
)
_LOCK = 0x414C4552
"""Advisory lock of all writers: they are few, and a new rule must see every point that it judges."""


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that writes, one at a time. Raises as `transactions.writing` does."""
    with transactions.writing(engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        yield connection
