"""The consumer offsets of a service in its own tables, updated in the transaction that stores the results."""

from collections.abc import Mapping

import sqlalchemy as sa

from headwater.bus.port import TopicPartition
from headwater.runtime.storage.database import insert_into


def offsets_table(metadata: sa.MetaData) -> sa.Table:
    """The table `offsets`: the next offset to read of each partition."""
    return sa.Table(
        "offsets",
        metadata,
        sa.Column("topic", sa.Text, primary_key=True),
        sa.Column("partition", sa.Integer, primary_key=True),
        sa.Column("next", sa.BigInteger, nullable=False),
    )


def positions(connection: sa.Connection, offsets: sa.Table) -> dict[TopicPartition, int]:
    """The next offset of every partition read so far."""
    rows = connection.execute(sa.select(offsets.c.topic, offsets.c.partition, offsets.c.next))
    return {TopicPartition(topic, partition): at for topic, partition, at in rows}


def advance(connection: sa.Connection, offsets: sa.Table, reached: Mapping[TopicPartition, int]) -> None:
    """Move offsets forward, never back: a process that has lost its partition may repeat what is stored already."""
    if not reached:
        return
    insert = insert_into(connection, offsets)
    moved = insert.on_conflict_do_update(
        index_elements=["topic", "partition"],
        set_={"next": insert.excluded.next},
        where=insert.excluded.next > offsets.c.next,
    )
    # In one order, so that two processes never deadlock on each other's rows.
    ordered = sorted(reached.items())
    rows = [{"topic": source.topic, "partition": source.partition, "next": at} for source, at in ordered]
    connection.execute(moved, rows)
