"""The Kafka consumer: inbound topics in, the same checks, internal topics out.

It has no store: its progress is the committed offsets of the group, which are committed after the append. A crash
between the two appends a record twice, and equal bytes are one event to every reader.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from headwater.bus.errors import Poison, RecordTooLarge, Transient, UnknownTopic
from headwater.bus.port import Producer, Record, TopicPartition
from headwater.contracts import topics
from headwater.contracts.identity import ALL, Visible
from headwater.contracts.problems import Problems
from headwater.contracts.refusals import Invalid
from headwater.contracts.times import utc_now
from headwater.ingest_gateway.acceptance import LABEL, LINEAGE, MODEL, SAMPLE, Kind, OutOfScope, Sealed, Sender, seal
from headwater.ingest_gateway.granting import ANNOTATE, WRITE
from headwater.ingest_gateway.group_offsets import GroupOffsets
from headwater.ingest_gateway.note_counts import NoteCounts
from headwater.runtime.identity.principal import NOTHING, Principal
from headwater.runtime.telemetry import series as telemetry
from headwater.runtime.telemetry.series import Telemetry
from headwater.runtime.web.problem import Problem

IDENTITY_PAUSE = 2.0
"""Seconds until the principal of a topic is looked up again."""

FAMILIES: dict[str, Kind] = {
    topics.OPENLINEAGE_EVENTS: LINEAGE,
    topics.HEADWATER_MODELS: MODEL,
    topics.HEADWATER_PREDICTIONS: SAMPLE,
    topics.HEADWATER_LABELS: LABEL,
}


Principals = Callable[[str], Principal]
"""The permissions of a principal, by its reference. Raises Problem: 401 when it is gone, 503 while unknown."""


def inbound(scopes: Iterable[str], principals: Iterable[str] = ()) -> dict[str, Visible | str]:
    """Every inbound topic with the reference of its principal, else with the namespaces that may be written through it.

    `scopes`: entries topic=prefix; a topic named twice has both prefixes. `principals`: entries topic=reference.
    Further topics have a name that extends one of the four, such as openlineage.events.team. Raises ValueError.
    """
    granted: dict[str, tuple[str, ...]] = {}
    for topic, prefix in _pairs("inbound_scopes", scopes, "prefix"):
        granted[topic] = (*granted.get(topic, ()), prefix)
    owned: dict[str, str] = {}
    for topic, reference in _pairs("inbound_principals", principals, "principal"):
        if not reference or topic in owned or topic in granted:
            raise ValueError(f"inbound_principals: {topic} needs one principal, and then no entry in inbound_scopes")
        owned[topic] = reference
    everywhere: dict[str, Visible | str] = dict.fromkeys(FAMILIES, ALL)
    return everywhere | {topic: Visible(prefixes=prefixes) for topic, prefixes in granted.items()} | owned


def _pairs(setting: str, entries: Iterable[str], right: str) -> Iterator[tuple[str, str]]:
    for entry in entries:
        topic, equals, value = entry.partition("=")
        if not equals or family(topic) is None:
            known = ", ".join(FAMILIES)
            raise ValueError(f"{setting}: {entry!r} is not topic={right} with a topic that extends one of {known}")
        yield topic, value


def family(topic: str) -> Kind | None:
    """The kind of events on an inbound topic, by its name."""
    return next((kind for name, kind in FAMILIES.items() if topic == name or topic.startswith(name + ".")), None)


def place_of(record: Record) -> str:
    """The position of a record on its inbound topic, which is its request id from here on."""
    return f"{record.topic}/{record.partition}/{record.offset}"


class InboundHandler:
    """The loop's handler."""

    def __init__(
        self,
        offsets: GroupOffsets,
        producer: Producer,
        topics: Mapping[str, Visible | str],
        principals: Principals,
        metrics: Telemetry,
        *,
        timeout: float,
        clock: Callable[[], int] = utc_now,
    ) -> None:
        self._offsets, self._producer = offsets, producer
        self._topics, self._principals = topics, principals
        self._metrics, self._timeout, self._clock = metrics, timeout, clock
        self._note_counts = NoteCounts(metrics, "kafka")

    def positions(self) -> dict[TopicPartition, int]:
        return self._offsets.positions()

    def decode(self, record: Record) -> Sealed:
        """Check one record. Raises Poison with the reason that its sender would have received over HTTP, Transient
        while the principal of its topic cannot be checked. Headers of the record are the producer's and are ignored."""
        kind = family(record.topic)
        if kind is None:
            raise Poison(f"{record.topic} is not an inbound topic")
        try:
            return seal(kind, record.value, self._sender(record))
        except Invalid as refusal:
            raise self._refused(kind, "invalid", str(refusal)) from None
        except OutOfScope as refusal:
            raise self._refused(kind, "forbidden", str(refusal)) from None
        except Problem as problem:
            if problem.problem is Problems.UNAVAILABLE:
                raise Transient(problem.detail, retry_after=IDENTITY_PAUSE) from None
            reason = f"forbidden: {record.topic} belongs to {self._topics[record.topic]}. {problem.detail}"
            raise self._refused(kind, "forbidden", reason) from None

    def _sender(self, record: Record) -> Sender:
        """The sender of records on the topic. Raises Problem."""
        place, now = place_of(record), self._clock()
        belongs = self._topics[record.topic]
        if isinstance(belongs, Visible):
            return Sender(f"kafka:{record.topic}", belongs, NOTHING, place, now)
        principal = self._principals(belongs)
        return Sender(principal.subject, principal.sees(WRITE), principal.sees(ANNOTATE), place, now)

    def _refused(self, kind: Kind, reason: str, text: str) -> Poison:
        self._count(kind.name, "refused", 1)
        self._metrics.inc(telemetry.INGEST_REFUSALS, transport="kafka", reason=reason)
        return Poison(text)

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
        self._note_counts.count(sealed for _, sealed in items)
        for record, sealed in items:
            kind = family(record.topic)
            self._count(kind.name if kind else "", "accepted", 1)
            self._metrics.inc(telemetry.INGEST_BYTES, len(sealed.record.value), transport="kafka")

    def _count(self, kind: str, result: str, events: int) -> None:
        self._metrics.inc(telemetry.INGEST_EVENTS, events, transport="kafka", kind=kind, result=result)
