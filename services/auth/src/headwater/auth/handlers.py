"""A batch of other services' audit events in, one transaction out."""

from collections.abc import Mapping, Sequence

import msgspec
import sqlalchemy as sa

from headwater.auth import trail
from headwater.auth.tables import offsets
from headwater.bus.errors import Poison
from headwater.bus.port import Record, TopicPartition
from headwater.contracts.audit import AuditEvent
from headwater.runtime.storage.database import insert_into
from headwater.runtime.storage.transactions import reading, writing

OWN = "auth"
_decode = msgspec.json.Decoder(AuditEvent).decode


class AuditHandler:
    """What the loop calls: events join the trail once each by their id, whatever their order and repetition."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def positions(self) -> dict[TopicPartition, int]:
        with reading(self._engine) as connection:
            rows = connection.execute(sa.select(offsets.c.topic, offsets.c.partition, offsets.c.next))
            return {TopicPartition(topic, partition): at for topic, partition, at in rows}

    def decode(self, record: Record) -> AuditEvent:
        try:
            event = _decode(record.value)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Poison(f"not an audit event: {error}") from error
        if event.service == OWN:
            raise Poison("auth writes its own acts, and takes them from nobody")
        return event

    def handle(self, items: Sequence[tuple[Record, AuditEvent]], positions: Mapping[TopicPartition, int]) -> None:
        """Rows of the trail and offsets in one transaction."""
        with writing(self._engine) as connection:
            if items:
                trail.append(connection, (event for _, event in items))
            _advance(connection, positions)


def _advance(connection: sa.Connection, reached: Mapping[TopicPartition, int]) -> None:
    """Move the offsets on; an old member that lost its partition cannot move them back."""
    insert = insert_into(connection, offsets)
    moved = insert.on_conflict_do_update(
        index_elements=["topic", "partition"],
        set_={"next": insert.excluded.next},
        where=insert.excluded.next > offsets.c.next,
    )
    rows = [{"topic": source.topic, "partition": source.partition, "next": at} for source, at in reached.items()]
    if rows:
        connection.execute(moved, rows)
