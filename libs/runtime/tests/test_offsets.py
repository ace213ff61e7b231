"""Offsets in a service's tables only move forward, in the transaction of the records read."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from headwater.bus.port import TopicPartition
from headwater.runtime.storage import database
from headwater.runtime.storage.offsets import advance, offsets_table, positions

METADATA = sa.MetaData()
OFFSETS = offsets_table(METADATA)
FIRST, SECOND = TopicPartition("metric.results", 0), TopicPartition("metric.results", 1)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    engine = database.connect(f"sqlite:///{tmp_path / 'offsets.db'}", schema="offsets", pragmas=())
    with database.transaction(engine, writes=True) as connection:
        METADATA.create_all(connection)
    yield engine
    engine.dispose()


def stored(engine: sa.Engine) -> dict[TopicPartition, int]:
    with database.transaction(engine, writes=False) as connection:
        return positions(connection, OFFSETS)


def test_each_partition_moves_forward_and_none_moves_back(engine: sa.Engine) -> None:
    steps: tuple[dict[TopicPartition, int], ...] = ({SECOND: 4, FIRST: 7}, {FIRST: 6, SECOND: 5}, {})
    for reached in steps:
        with database.transaction(engine, writes=True) as connection:
            advance(connection, OFFSETS, reached)
    assert stored(engine) == {FIRST: 7, SECOND: 5}


def test_a_transaction_that_fails_moves_nothing(engine: sa.Engine) -> None:
    def fail() -> None:
        with database.transaction(engine, writes=True) as connection:
            advance(connection, OFFSETS, {FIRST: 7})
            raise RuntimeError("the rows of the batch")

    with pytest.raises(RuntimeError):
        fail()
    assert stored(engine) == {}
