"""What all services need of a relational store; their own migrations are tested with them, on both databases."""

import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError, DataError, IntegrityError, InternalError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from headwater.runtime.storage.database import (
    CommitWatch,
    connect,
    is_away,
    is_damaged,
    is_failed,
    is_refused,
    transaction,
)


def test_who_will_write_takes_the_lock_at_once_and_readers_go_on(tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{tmp_path / 'a.db'}", schema="a", pragmas=("journal_mode=WAL",), busy_seconds=0)
    with transaction(engine, writes=True), transaction(engine, writes=False) as reader:
        assert reader.execute(sa.select(1)).scalar() == 1
        with pytest.raises(OperationalError) as second, transaction(engine, writes=True):
            pass
    assert is_away(second.value)
    engine.dispose()


def test_a_transaction_that_raises_leaves_nothing(tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{tmp_path / 'a.db'}", schema="a", pragmas=())
    with transaction(engine, writes=True) as connection:
        connection.execute(sa.text("CREATE TABLE t (x)"))
    with pytest.raises(OperationalError), transaction(engine, writes=True) as connection:
        # The second row overflows.
        connection.execute(sa.text("INSERT INTO t SELECT 1 UNION ALL SELECT abs(-9223372036854775807 - 1)"))
    with transaction(engine, writes=False) as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM t")).scalar() == 0
    engine.dispose()


@pytest.mark.parametrize("name", ["postgresql", "postgresql+psycopg2"])
def test_postgresql_is_reached_through_the_driver_that_we_ship(name: str) -> None:
    engine = connect(f"{name}://a:b@127.0.0.1:1/c", schema="a", pragmas=(), pool_size=1)
    assert engine.dialect.driver == "psycopg2"
    engine.dispose()


@pytest.mark.parametrize(
    ("error", "away"),
    [
        (OperationalError("select", {}, Exception("gone")), True),
        (PoolTimeout(), True),
        (DataError("select", {}, Exception("too long")), False),
        (DataError("select", {}, Exception("cut"), connection_invalidated=True), True),
    ],
)
def test_only_what_may_go_by_itself_counts_as_away(error: SQLAlchemyError, away: bool) -> None:
    assert is_away(error) is away


def test_a_commit_by_anybody_is_seen_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "a.db"
    engine = connect(f"sqlite:///{file}", schema="a", pragmas=("journal_mode=WAL",))
    with transaction(engine, writes=True) as connection:
        connection.execute(sa.text("CREATE TABLE t (x)"))
    watch = CommitWatch(str(file))
    before = watch()
    assert watch() == before
    with transaction(engine, writes=False) as connection:
        connection.execute(sa.text("SELECT * FROM t"))
    with transaction(engine, writes=True) as connection:
        connection.execute(sa.text("INSERT INTO t VALUES (1)"))
        assert watch() == before
    assert watch() != before
    watch.close()
    engine.dispose()


def test_a_file_that_cannot_be_opened_is_an_error_and_not_a_number(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.Error):
        CommitWatch(str(tmp_path / "missing" / "a.db"))()


class Said(Exception):
    """An error of a driver, with the code of PostgreSQL (text) or SQLite (number)."""

    def __init__(self, code: str | int) -> None:
        super().__init__("no")
        if isinstance(code, str):
            self.pgcode = code
        else:
            self.sqlite_errorcode = code


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (DataError("insert", {}, Said("22003")), "refused"),
        (OperationalError("insert", {}, Said("54000")), "refused"),  # an index row of more than 2,704 bytes
        (OperationalError("insert", {}, Said("57014")), "failed"),
        (OperationalError("insert", {}, Said("53200")), "failed"),
        (OperationalError("insert", {}, Said(1)), "failed"),  # such as an integer overflow
        (IntegrityError("insert", {}, Said("23505")), "failed"),
        (InternalError("insert", {}, Said("XX000")), "failed"),
        (InternalError("insert", {}, Said("XX002")), "damaged"),
        (DatabaseError("insert", {}, Said(11)), "damaged"),
        (OperationalError("insert", {}, Said("57P01")), "away"),
        (OperationalError("insert", {}, Said("53100")), "away"),  # the disk is full
        (OperationalError("insert", {}, Said(5 | 2 << 8)), "away"),  # locked, with SQLite's extension
    ],
)
def test_a_record_is_blamed_only_for_what_it_did(error: SQLAlchemyError, verdict: str) -> None:
    found = {
        "damaged": is_damaged(error),
        "refused": is_refused(error),
        "failed": is_failed(error) and not is_damaged(error),
    }
    assert [name for name, is_so in found.items() if is_so] == ([] if verdict == "away" else [verdict])
    if verdict == "away":
        assert is_away(error)
