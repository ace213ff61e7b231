"""Namespaces that people had forgotten: what arrived in them before that moment is passed over.

By arrival in the log, so a replay from its beginning leaves out what an edit took away, whatever the
order in which the topics are read, and the same events may be told again afterwards.
"""

from collections.abc import Iterable, Mapping

import msgspec

from headwater.bus.errors import UnknownTopic
from headwater.bus.port import Bus, Record
from headwater.bus.whole import everything
from headwater.contracts.edits import Edit
from headwater.contracts.topics import LINEAGE_EDITS
from headwater.runtime.logs.lines import get_logger

READ_SECONDS = 10.0

_decode = msgspec.json.Decoder(Edit).decode


def read_forgotten(bus: Bus) -> dict[str, int]:
    """By namespace the moment (microseconds UTC) before which its records do not count. Raises Unavailable."""
    try:
        return latest(everything(bus.consumer(group=None, topics=[LINEAGE_EDITS]), seconds=READ_SECONDS))
    except UnknownTopic:
        return {}


def latest(records: Iterable[Record]) -> dict[str, int]:
    """The last moment for each namespace; what is no edit counts for nothing."""
    before: dict[str, int] = {}
    for record in records:
        try:
            edit = _decode(record.value)
        except msgspec.DecodeError as error:
            get_logger("forgotten").warning("edit_unreadable", offset=record.offset, reason=str(error))
            continue
        for namespace in edit.namespaces:
            before[namespace] = max(edit.received_before, before.get(namespace, 0))
    return before


def covers(before: Mapping[str, int], namespace: str, record: Record) -> bool:
    """Whether a record about this namespace arrived before it was forgotten."""
    return record.timestamp < before.get(namespace, 0)
