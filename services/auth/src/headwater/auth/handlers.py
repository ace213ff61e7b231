"""Handles a batch of other services' audit events in one transaction."""

from collections.abc import Mapping, Sequence

import msgspec
import sqlalchemy as sa

from headwater.auth import tables, trail
from headwater.bus.errors import Poison
from headwater.bus.port import Record, TopicPartition
from headwater.contracts.audit import AuditEvent
from headwater.runtime.storage import offsets
from headwater.runtime.storage.transactions import reading, writing

OWN = "auth"
_decode = msgspec.json.Decoder(AuditEvent).decode


class AuditHandler:
    """The handler of the loop: appends each event once by its id, whatever the order and repetition."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def positions(self) -> dict[TopicPartition, int]:
        with reading(self._engine) as connection:
            return offsets.positions(connection, tables.offsets)

    def decode(self, record: Record) -> AuditEvent:
        try:
            event = _decode(record.value)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Poison(f"not an audit event: {error}") from error
        if event.service == OWN:
            raise Poison("auth writes its own audit events, and accepts none in its name")
        return event

    def handle(self, items: Sequence[tuple[Record, AuditEvent]], positions: Mapping[TopicPartition, int]) -> None:
        """Rows of the trail and offsets in one transaction."""
        with writing(self._engine) as connection:
            if items:
                trail.append(connection, (event for _, event in items))
            offsets.advance(connection, tables.offsets, positions)
