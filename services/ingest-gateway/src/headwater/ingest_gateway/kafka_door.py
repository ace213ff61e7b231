"""The Kafka door: inbound topics in, the same checks, internal topics out.

It keeps no store: its progress is what the group committed, which happens after the append. A crash between
the two appends a record twice, and equal bytes are one event to every reader.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from headwater.bus.errors import Poison, RecordTooLarge, Transient, UnknownTopic
from headwater.bus.port import Producer, Record, TopicPartition
from headwater.contracts import topics
from headwater.contracts.identity import ALL, Visible
from headwater.contracts.refusals import Invalid
from headwater.contracts.times import utc_now
from headwater.ingest_gateway.doors import LABEL, LINEAGE, MODEL, SAMPLE, Kind, OutOfScope, Sealed, Sender, seal
from headwater.ingest_gateway.group_offsets import GroupOffsets
from headwater.runtime import metrics as series
from headwater.runtime.metrics import Metrics

FAMILIES: dict[str, Kind] = {
    topics.OPENLINEAGE_EVENTS: LINEAGE,
    topics.HEADWATER_MODELS: MODEL,
    topics.HEADWATER_PREDICTIONS: SAMPLE,
    topics.HEADWATER_LABELS: LABEL,
}


def inbound(scopes: Iterable[str]) -> dict[str, Visible]:
    """Every inbound topic with the namespaces that may be written through it.

    `scopes`: entries topic=prefix; a topic named twice has both prefixes. Topics beyond the four are named after
    one of them, such as openlineage.events.team. Raises ValueError.
    """
    granted: dict[str, tuple[str, ...]] = {}
    for entry in scopes:
        topic, equals, prefix = entry.partition("=")
        if not equals or family(topic) is None:
            known = ", ".join(FAMILIES)
            raise ValueError(f"inbound_scopes: {entry!r} is not topic=prefix with a topic named after one of {known}")
        granted[topic] = (*granted.get(topic, ()), prefix)
    everywhere = {topic: ALL for topic in FAMILIES if topic not in granted}
    return everywhere | {topic: Visible(prefixes=prefixes) for topic, prefixes in granted.items()}


def family(topic: str) -> Kind | None:
    """What an inbound topic carries, by its name."""
    return next((kind for name, kind in FAMILIES.items() if topic == name or topic.startswith(name + ".")), None)


class KafkaDoor:
    """The loop's handler."""

    def __init__(
        self,
        offsets: GroupOffsets,
        producer: Producer,
        scopes: Mapping[str, Visible],
        metrics: Metrics,
        *,
        timeout: float,
        clock: Callable[[], int] = utc_now,
    ) -> None:
        self._offsets, self._producer, self._scopes = offsets, producer, scopes
        self._metrics, self._timeout, self._clock = metrics, timeout, clock

    def positions(self) -> dict[TopicPartition, int]:
        return self._offsets.positions()

    def decode(self, record: Record) -> Sealed:
        """Check one record. Raises Poison with the reason that its sender would have got over HTTP."""
        kind = family(record.topic)
        if kind is None:
            raise Poison(f"{record.topic} is no inbound topic")
        place = f"{record.topic}/{record.partition}/{record.offset}"
        sender = Sender(f"kafka:{record.topic}", self._scopes[record.topic].allows, place, self._clock())
        try:
            sealed = seal(kind, record.value, sender)
        except (Invalid, OutOfScope) as refusal:
            reason = "forbidden" if isinstance(refusal, OutOfScope) else "invalid"
            self._count(kind.name, "refused", 1)
            self._metrics.inc(series.INGEST_REFUSALS, door="kafka", reason=reason)
            raise Poison(str(refusal)) from None
        return sealed

    def handle(self, items: Sequence[tuple[Record, Sealed]], positions: Mapping[TopicPartition, int]) -> None:
        """Append all and wait until they are durable."""
        if not items:
            return
        try:
            self._producer.send_all([sealed.record for _, sealed in items], timeout=self._timeout)
        except RecordTooLarge as error:
            raise Poison(f"too large for the internal topic: {error}") from error
        except UnknownTopic as error:
            raise Transient(str(error), retry_after=1.0) from error
        for record, sealed in items:
            kind = family(record.topic)
            self._count(kind.name if kind else "", "accepted", 1)
            self._metrics.inc(series.INGEST_BYTES, len(sealed.record.value), door="kafka")

    def _count(self, kind: str, result: str, events: int) -> None:
        self._metrics.inc(series.INGEST_EVENTS, events, door="kafka", kind=kind, result=result)
