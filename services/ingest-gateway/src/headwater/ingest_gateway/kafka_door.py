"""The Kafka door: inbound topics in, the same checks, internal topics out.

It keeps no store: its progress is what the group committed, which happens after the append. A crash between
the two appends a record twice, and equal bytes are one event to every reader.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from headwater.bus.errors import Poison, RecordTooLarge, Transient, UnknownTopic
from headwater.bus.port import Consumer, Producer, Record, TopicPartition
from headwater.contracts import topics
from headwater.contracts.identity import ALL, Visible
from headwater.contracts.refusals import Invalid
from headwater.contracts.times import utc_now
from headwater.ingest_gateway.doors import LABEL, LINEAGE, MODEL, SAMPLE, Kind, OutOfScope, Sealed, Sender, seal
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


class GroupOffsets:
    """A consumer whose members start where their group left off.

    The loop asks the handler's store where to begin and seeks there. This door has no store: the first offset
    seen of a partition is where the group stands, and a seek to a partition not seen yet changes nothing.
    """

    def __init__(self, consumer: Consumer) -> None:
        self._consumer = consumer
        self._first: dict[TopicPartition, int] = {}

    def positions(self) -> dict[TopicPartition, int]:
        return dict(self._first)

    def poll(self, *, timeout: float, max_records: int) -> list[Record]:
        records = self._consumer.poll(timeout=timeout, max_records=max_records)
        for lost in self._first.keys() - self._consumer.assigned():
            del self._first[lost]
        for record in records:
            self._first.setdefault(record.source, record.offset)
        return records

    def seek(self, positions: Mapping[TopicPartition, int]) -> None:
        self._consumer.seek({source: offset for source, offset in positions.items() if source in self._first})

    def assigned(self) -> frozenset[TopicPartition]:
        return self._consumer.assigned()

    def pause(self, partitions: Iterable[TopicPartition]) -> None:
        self._consumer.pause(partitions)

    def resume(self, partitions: Iterable[TopicPartition]) -> None:
        self._consumer.resume(partitions)

    def commit(self, positions: Mapping[TopicPartition, int]) -> None:
        self._consumer.commit(positions)

    def end_offsets(self) -> dict[TopicPartition, int]:
        return self._consumer.end_offsets()

    def close(self) -> None:
        self._consumer.close()


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


class LoopSeries:
    """The loop's reports as Prometheus series."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def handled(self, topic: str, records: int) -> None:
        self._metrics.inc(series.CONSUMED_RECORDS, records, topic=topic)

    def dead_lettered(self, topic: str, records: int) -> None:
        self._metrics.inc(series.DEAD_LETTERS, records, topic=topic)

    def lag(self, source: TopicPartition, records: int) -> None:
        self._metrics.set(series.CONSUMER_LAG, records, topic=source.topic, partition=str(source.partition))

    def retried(self, reason: str) -> None:
        self._metrics.inc(series.CONSUMER_RETRIES, reason="bus")
