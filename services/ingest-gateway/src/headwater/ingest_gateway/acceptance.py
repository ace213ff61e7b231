"""Shared by HTTP and Kafka ingest: check an event, check its sender's permission, and create the record to append.

A kind of event is one row of `KINDS`; nothing else in this service depends on the list of kinds.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from headwater.bus.port import Outgoing
from headwater.contracts import own_events, topics
from headwater.contracts.event_ids import event_id_header
from headwater.contracts.grants import HEADER as GRANTS
from headwater.contracts.identity import Visible
from headwater.contracts.message_keys import lineage_key, lineage_namespace, own_key, own_namespace
from headwater.contracts.normalise import Normalised, normalise_lineage
from headwater.ingest_gateway.granting import Decision, decide


class Kind(NamedTuple):
    """One family of events: its check, its topic, its key, and the namespace of its permission.

    `decide`: for events that can change more than their own subject, what the sender may change.
    """

    name: str
    topic: str
    normalise: Callable[..., Normalised[Any]]
    key: Callable[[Any], bytes]
    namespace: Callable[[Any], str]
    rows: Callable[[Any], int]
    decide: Callable[[Any, Visible, Visible], Decision] | None = None


def _one_row(event: object) -> int:
    return 1


def _own(name: str, topic: str, normalise: Callable[..., Normalised[Any]]) -> Kind:
    return Kind(name, topic, normalise, own_key, own_namespace, own_events.rows)


LINEAGE = Kind("lineage", topics.LINEAGE_EVENTS, normalise_lineage, lineage_key, lineage_namespace, _one_row, decide)
MODEL = _own("model", topics.MODEL_EVENTS, own_events.normalise_model)
PREDICTION = _own("prediction", topics.PREDICTION_EVENTS, own_events.normalise_prediction)
LABEL = _own("label", topics.PREDICTION_EVENTS, own_events.normalise_label)
METRIC = _own("metric", topics.PREDICTION_EVENTS, own_events.normalise_metric)
SAMPLE = _own("prediction", topics.PREDICTION_EVENTS, own_events.normalise_sample)
KINDS = (LINEAGE, MODEL, PREDICTION, LABEL, METRIC)


class OutOfScope(Exception):
    """The sender may not write to this namespace."""

    def __init__(self, namespace: str) -> None:
        super().__init__(f"ingest:write is not granted on the namespace {namespace[:200]!r}: use a key that has it")


class Sender:
    """The sender of one request: an opaque reference, where it holds `ingest:write` and `dataset:annotate`, the request
    id, and the time of arrival; `headers`: these as headers of its records."""

    __slots__ = ("annotates", "headers", "received_at", "writes")

    def __init__(self, principal: str, writes: Visible, annotates: Visible, request_id: str, received_at: int) -> None:
        self.writes, self.annotates, self.received_at = writes, annotates, received_at
        self.headers: tuple[tuple[str, bytes], ...] = (
            ("received_at", b"%d" % received_at),
            ("principal", principal.encode()),
            ("request_id", request_id.encode()),
        )


NOTE_REASONS = ("mended", "unknown_field", "not_granted")
"""Why an accepted event has notes: text was changed, fields are not read, or facets are not applied."""
_NONE: tuple[str, ...] = ()


class Sealed(NamedTuple):
    """A record to append, and the notes on it for its sender, with the `reasons` for them."""

    record: Outgoing
    event_id: str
    rows: int
    notes: tuple[str, ...]
    reasons: tuple[str, ...]


def seal(kind: Kind, body: bytes, sender: Sender) -> Sealed:
    """Check one event and create its record. Raises Invalid or OutOfScope."""
    event = kind.normalise(body, received_at=sender.received_at)
    namespace = kind.namespace(event.event)
    if not sender.writes.allows(namespace):
        raise OutOfScope(namespace)
    headers: tuple[tuple[str, bytes], ...] = (event_id_header(event.event_id), *sender.headers)
    not_granted = _NONE
    if kind.decide is not None:
        decision = kind.decide(event.event, sender.annotates, sender.writes)
        headers, not_granted = (*headers, (GRANTS, decision.header)), decision.notes
    notes, reasons = (*event.mended, *event.unknown, *not_granted), _NONE
    if notes:
        headers = (*headers, ("notes", msgspec.json.encode(notes)))
        each = zip(NOTE_REASONS, (event.mended, event.unknown, not_granted), strict=True)
        reasons = tuple(reason for reason, texts in each if texts)
    record = Outgoing(kind.topic, kind.key(event.event), event.value, headers)
    return Sealed(record, event.event_id, kind.rows(event.event), notes, reasons)
