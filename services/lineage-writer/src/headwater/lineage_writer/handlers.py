"""Handles a batch of records in one transaction on the graph, then sends a hint to open streams."""

from collections.abc import Callable, Mapping, Sequence

import msgspec

from headwater.bus.errors import Fatal, Poison, Suspect, Transient
from headwater.bus.port import Outgoing, Producer, Record, TopicPartition
from headwater.contracts.alerts import AlertEvent
from headwater.contracts.changes import GraphChange
from headwater.contracts.edits import Edit
from headwater.contracts.event_ids import event_id_of
from headwater.contracts.grants import HEADER as GRANTS
from headwater.contracts.grants import NO_GRANTS, Grants, decode_grants
from headwater.contracts.metrics import MetricResult
from headwater.contracts.models import ModelEvent, ModelOutput
from headwater.contracts.times import parse_instant
from headwater.graph.errors import BatchFailed, BatchRefused, Fenced, GraphUnavailable
from headwater.graph.port import GraphWriter, Source
from headwater.graph.state.facts import Fact, Stamp
from headwater.lineage_writer.events import decode_event, namespace_of
from headwater.lineage_writer.facts import facts_of
from headwater.lineage_writer.forgotten import covers
from headwater.lineage_writer.model_facts import facts_of_alert, facts_of_model, facts_of_output, facts_of_result
from headwater.runtime.telemetry import series as telemetry
from headwater.runtime.telemetry.series import Telemetry

TOPICS = ("lineage.events", "lineage.edits", "model.events", "model.outputs", "metric.results", "alert.events")
HINTS = "graph.changes"
MOST_IDS = 500  # above this a hint contains no ids, only that something changed

_decode_edit = msgspec.json.Decoder(Edit).decode
_decode_model = msgspec.json.Decoder(ModelEvent).decode
_decode_output = msgspec.json.Decoder(ModelOutput).decode
_decode_result = msgspec.json.Decoder(MetricResult).decode
_decode_alert = msgspec.json.Decoder(AlertEvent).decode
_encode = msgspec.json.Encoder().encode


class LineageHandler:
    """Handler of the loop: decodes by topic, applies to the graph. Without a producer it sends no hints. `forgotten`:
    called once; by namespace the moment before which its records are skipped.
    """

    def __init__(
        self,
        graph: GraphWriter,
        producer: Producer | None,
        *,
        owner: str,
        metrics: Telemetry,
        forgotten: Callable[[], Mapping[str, int]] = dict,
    ) -> None:
        self._graph, self._producer, self._owner, self._metrics = graph, producer, owner, metrics
        metrics.start(telemetry.ACTIVE_WRITER)
        self._read_forgotten = forgotten
        self._forgotten: Mapping[str, int] = {}
        self._epoch: int | None = None

    def positions(self) -> dict[TopicPartition, int]:
        """The offsets in the graph; the first call makes this the active writer."""
        try:
            if self._epoch is None:
                self._forgotten = self._read_forgotten()
                self._epoch = self._graph.acquire(self._owner)
                self._metrics.set(telemetry.ACTIVE_WRITER, 1)
            return {TopicPartition(*source): offset for source, offset in self._graph.offsets().items()}
        except GraphUnavailable as error:
            raise Transient(str(error), retry_after=error.retry_after) from error

    def decode(self, record: Record) -> list[Fact]:
        """The facts of one record. Raises Poison with the reason."""
        try:
            namespace, facts = DECODERS[record.topic](record)
        except (msgspec.DecodeError, UnicodeDecodeError, ValueError, RecursionError) as error:
            raise Poison(f"{record.topic}: {error}") from error
        return [] if self._forgotten and covers(self._forgotten, namespace, record) else facts

    def handle(self, items: Sequence[tuple[Record, list[Fact]]], positions: Mapping[TopicPartition, int]) -> None:
        """All facts and the offsets in one transaction."""
        try:
            applied = self._graph.apply(
                [fact for _, facts in items for fact in facts],
                {Source(*source): offset for source, offset in positions.items()},
            )
        except GraphUnavailable as error:
            raise Transient(str(error), retry_after=error.retry_after) from error
        except BatchRefused as error:
            raise Poison(str(error)) from error
        except BatchFailed as error:
            raise Suspect(str(error)) from error
        except Fenced as error:
            self._metrics.set(telemetry.ACTIVE_WRITER, 0)
            raise Fatal(f"another lineage-writer took over: {error}") from error
        if applied.touched and self._producer is not None:
            ids = applied.touched if len(applied.touched) <= MOST_IDS else ()
            # A hint: nobody waits for it, and losing it costs a browser one poll.
            self._producer.send(Outgoing(HINTS, None, _encode(GraphChange(change=applied.change, ids=ids))))


Derived = tuple[str, list[Fact]]
"""The namespace of a record, and the facts that it asserts."""


def _lineage(record: Record) -> Derived:
    event = decode_event(record.value)
    stamp = Stamp(parse_instant(event.event_time), event_id_of(record.headers, record.value))
    return namespace_of(event), facts_of(event, stamp, granted(record))


def _model(record: Record) -> Derived:
    event = _decode_model(record.value)
    at = event.event_time if isinstance(event.event_time, int) else parse_instant(event.event_time)
    return event.namespace, facts_of_model(event, Stamp(at, event_id_of(record.headers, record.value)))


def _output(record: Record) -> Derived:
    event = _decode_output(record.value)
    return event.namespace, facts_of_output(event, Stamp(event.event_time, event_id_of(record.headers, record.value)))


def _result(record: Record) -> Derived:
    event = _decode_result(record.value)
    return event.model.namespace, facts_of_result(event)


def _alert(record: Record) -> Derived:
    event = _decode_alert(record.value)
    return event.model.namespace, facts_of_alert(event, event.id)


def _edit(record: Record) -> Derived:
    """All edits are read at the start (`forgotten.py`); a later one only reaches a writer that was fenced."""
    _decode_edit(record.value)
    return "", []


DECODERS: Mapping[str, Callable[[Record], Derived]] = {
    "lineage.events": _lineage,
    "lineage.edits": _edit,
    "model.events": _model,
    "model.outputs": _output,
    "metric.results": _result,
    "alert.events": _alert,
}


def granted(record: Record) -> Grants:
    """The gateway's decision when it accepted the record; a record without that header grants nothing."""
    for name, value in record.headers:
        if name == GRANTS:
            return decode_grants(value)
    return NO_GRANTS
