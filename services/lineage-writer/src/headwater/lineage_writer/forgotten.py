"""Forgotten namespaces: records that arrived in them before that moment are skipped.

By arrival in the log, so a replay from its beginning leaves out the records that an edit removed, whatever the order in
which the topics are read, and the same events may be sent again afterwards.
"""

from collections.abc import Collection, Iterable, Mapping

import msgspec

from headwater.bus.errors import UnknownTopic
from headwater.bus.port import Bus, Outgoing, Record
from headwater.bus.whole import everything
from headwater.contracts.edits import Edit, ForgetNamespaces
from headwater.contracts.topics import LINEAGE_EDITS
from headwater.runtime.logs.lines import get_logger

READ_SECONDS = 10.0
SEND_SECONDS = 10.0

_decode = msgspec.json.Decoder(Edit).decode


def forget(bus: Bus, namespaces: Collection[str], *, before: int, actor: str) -> None:
    """Record in the log that events that arrived in these namespaces before that moment (microseconds UTC) are
    forgotten. Takes effect on the graph when it is rebuilt. Durable on return; raises Unavailable.
    """
    names = list(namespaces)
    edit = ForgetNamespaces(namespaces=names, received_before=before, actor=actor)
    sent = Outgoing(LINEAGE_EDITS, "".join(names[:1]).encode(), msgspec.json.encode(edit))
    bus.producer().send_all([sent], timeout=SEND_SECONDS)


def read_forgotten(bus: Bus) -> dict[str, int]:
    """By namespace the moment (microseconds UTC) before which its records are skipped. Raises Unavailable."""
    try:
        return latest(everything(bus.consumer(group=None, topics=[LINEAGE_EDITS]), seconds=READ_SECONDS))
    except UnknownTopic:
        return {}


def latest(records: Iterable[Record]) -> dict[str, int]:
    """The last moment for each namespace; records that are not edits are ignored."""
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
