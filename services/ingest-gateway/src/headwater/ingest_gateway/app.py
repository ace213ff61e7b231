"""The composition of the ingest gateway: its HTTP endpoint, its Kafka consumer, and the dead-letter watch."""

from functools import partial

from headwater.bus.dead_letter_watch import DeadLetterWatch
from headwater.bus.deadletter import dead_letters
from headwater.bus.loop import Loop
from headwater.bus.port import Bus
from headwater.contracts.topics import TOPICS
from headwater.ingest_gateway.acceptance import Sealed
from headwater.ingest_gateway.granting import ANNOTATE, WRITE
from headwater.ingest_gateway.group_offsets import GroupOffsets
from headwater.ingest_gateway.http_endpoint import HttpEndpoint
from headwater.ingest_gateway.inbound_consumer import InboundHandler, family, inbound, place_of
from headwater.ingest_gateway.settings import Settings
from headwater.ingest_gateway.views.taker import Taker
from headwater.runtime.clock import Clock
from headwater.runtime.hosting.consuming import LoopSeries
from headwater.runtime.hosting.heartbeat import Heartbeats
from headwater.runtime.hosting.loop_lines import LoopLines
from headwater.runtime.hosting.parts import Parts
from headwater.runtime.hosting.service import Worker
from headwater.runtime.identity.verifier import Verifier
from headwater.runtime.stop import StopSignal
from headwater.runtime.telemetry import series as telemetry
from headwater.runtime.telemetry.meter import Meter
from headwater.runtime.telemetry.series import Telemetry
from headwater.runtime.telemetry.usage import UsageSeries

GROUP = "ingest-gateway"
CONSUMER, WATCH, USAGE = "inbound consumer", "dead-letter watch", "log usage"
OPEN_INGEST = frozenset({WRITE, ANNOTATE})
"""The permissions of callers without credentials where ingest is open."""


def open_permissions(settings: Settings) -> frozenset[str]:
    return OPEN_INGEST if settings.open_ingest else frozenset()


def topics_read(settings: Settings) -> list[str]:
    """The inbound topics, including those of single producers; none where Kafka ingest is off."""
    return list(inbound(settings.inbound_scopes, settings.inbound_principals)) if settings.kafka_inbound else []


def compose(parts: Parts) -> None:
    """Add the parts that views and workers share."""
    settings, bus, metrics = parts.get(Settings), parts.get(Bus), parts.get(Telemetry)
    watch = DeadLetterWatch(
        bus,
        {*(topic.name for topic in TOPICS if topic.scope == "internal"), *topics_read(settings)},
        limit=settings.dead_letter_limit,
        report=lambda topic, waiting: metrics.set(telemetry.DEAD_LETTERS_WAITING, waiting, topic=topic),
    )
    parts.add(DeadLetterWatch, watch, check=("dead letters", watch.check))
    endpoint = HttpEndpoint(settings, metrics, parts.get(Clock), full=watch.full)
    parts.add(Taker, Taker(endpoint, bus.producer()))


def create_watch(parts: Parts) -> Worker:
    """Follows the dead letters of every topic."""
    return Watching(parts.get(DeadLetterWatch), parts.get(StopSignal))


class Watching:
    """The dead-letter watch as a worker."""

    def __init__(self, watch: DeadLetterWatch, stop: StopSignal) -> None:
        self._watch, self._stop = watch, stop

    def run(self) -> None:
        self._watch.run(self._stop)


def create_usage(parts: Parts) -> Worker:
    """Measures the disk of the log."""
    return Meter([UsageSeries(parts.get(Telemetry), parts.get(Bus).usage).measure], stop=parts.get(StopSignal))


def create_consumer(parts: Parts) -> Loop[Sealed] | None:
    """Wire the Kafka consumer: inbound topics in, internal topics out, invalid records to the dead letters."""
    settings, bus, metrics, clock = parts.get(Settings), parts.get(Bus), parts.get(Telemetry), parts.get(Clock)
    if not settings.kafka_inbound:
        return None
    topics = inbound(settings.inbound_scopes, settings.inbound_principals)
    full, beat = parts.get(DeadLetterWatch).full, parts.get(Heartbeats).of(CONSUMER)
    consumer = bus.consumer(group=GROUP, topics=sorted(topics))
    offsets = GroupOffsets(consumer, waits=lambda topic: full(topic) or full(internal(topic)))
    principals = partial(parts.get(Verifier).principal, permission=WRITE)
    handler = InboundHandler(
        offsets, bus.producer(), topics, principals, metrics, timeout=settings.append_timeout, clock=clock
    )
    return Loop(
        offsets,
        handler,
        dead_letters(bus, service=GROUP, limit=settings.dead_letter_limit),
        stop=parts.get(StopSignal),
        clock=clock,
        metrics=LoopSeries(metrics, sorted(topics)),
        log=LoopLines(GROUP, lambda record, sealed: place_of(record)),
        at=lambda step: beat(),
    )


def internal(topic: str) -> str:
    """The topic to which the events of an inbound topic go."""
    kind = family(topic)
    return kind.topic if kind is not None else topic
