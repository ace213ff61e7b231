"""The database of predictions, labels and results: its tables, and the locks of its writers."""

from pathlib import Path

import sqlalchemy as sa

from headwater.runtime.storage.transactions import Database, check, reading, writing

__all__ = ["DATABASE", "check", "lock_models", "reading", "writing"]

DATABASE = Database(
    name="metrics",
    head="0001",
    migrations=Path(__file__).parent / "migrations",
    pragmas=("journal_mode=WAL", "synchronous=NORMAL", "wal_autocheckpoint=20000", "foreign_keys=ON"),
    engine={"executemany_mode": "values_plus_batch"},
)


def lock_models(connection: sa.Connection, models: list[int]) -> None:
    """Lock these models until the transaction ends: one engine process at a time changes a model's rows and windows.

    SQLite needs no lock: its writing transactions exclude each other.
    """
    if connection.dialect.name == "postgresql":
        for model in sorted(models):
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK_CLASS, sa.cast(model, sa.Integer))))


_LOCK_CLASS = 0x4D455452  # "METR": keeps these locks apart from others in the same database
