"""The loop of a consumer, wired from the parts of its service, and its Prometheus series."""

from collections.abc import Sequence
from typing import TypeVar

from headwater.bus.deadletter import dead_letters
from headwater.bus.lag import LagMeter
from headwater.bus.loop import Handler, Loop
from headwater.bus.port import Bus, Consumer, TopicPartition
from headwater.runtime.clock import Clock
from headwater.runtime.hosting.adapter_settings import Consuming
from headwater.runtime.hosting.heartbeat import Heartbeats
from headwater.runtime.hosting.loop_lines import LoopLines, RequestOf, named_in_header
from headwater.runtime.hosting.parts import Parts
from headwater.runtime.stop import StopSignal
from headwater.runtime.telemetry import series as telemetry
from headwater.runtime.telemetry.health import Health
from headwater.runtime.telemetry.series import Telemetry

T = TypeVar("T")


def consumer_loop(
    parts: Parts,
    handler: Handler[T],
    *,
    worker: str,
    group: str,
    topics: Sequence[str],
    settings: Consuming,
    pace: float = 0.0,
    consumer: Consumer | None = None,
    request_of: RequestOf = named_in_header,
) -> Loop[T]:
    """The loop that reads `topics` for `group` and dead-letters what `handler` can never process.

    worker: the name of its heartbeat. pace: see Loop. consumer: given where the caller needs it too. request_of: the
    request that sent a record, for the log.
    """
    bus, metrics = parts.get(Bus), parts.get(Telemetry)
    store = dead_letters(bus, service=group, limit=settings.dead_letter_limit)
    parts.get(Health).add("dead letters", store.check)
    beat = parts.get(Heartbeats).of(worker)
    return Loop(
        consumer or bus.consumer(group=group, topics=topics),
        handler,
        store,
        stop=parts.get(StopSignal),
        clock=parts.get(Clock),
        metrics=LoopSeries(metrics, topics),
        log=LoopLines(group, request_of),
        max_records=settings.batch_records,
        pace=pace,
        at=lambda step: beat(),
    )


def lag_meter(bus: Bus, metrics: Telemetry, *, group: str, topics: Sequence[str]) -> LagMeter:
    """How far a group is behind on its topics, as series of its service."""
    return LagMeter(bus, LagSeries(metrics), group=group, topics=topics)


class LoopSeries:
    """The series of one consumer; see `LoopMetrics` of the bus. `topics`: those it reads; their counters start at 0."""

    def __init__(self, metrics: Telemetry, topics: Sequence[str] = ()) -> None:
        self._metrics = metrics
        for counter in (telemetry.CONSUMED_RECORDS, telemetry.DEAD_LETTERS):
            metrics.start(counter, topic=topics)
        for other in (telemetry.CONSUMER_RETRIES, telemetry.APPLY_SECONDS, telemetry.PIPELINE_DELAY):
            metrics.start(other)

    def handled(self, topic: str, records: int) -> None:
        self._metrics.inc(telemetry.CONSUMED_RECORDS, records, topic=topic)

    def applied(self, seconds: float, delay: float) -> None:
        self._metrics.observe(telemetry.APPLY_SECONDS, seconds)
        self._metrics.observe(telemetry.PIPELINE_DELAY, delay)

    def dead_lettered(self, topic: str, records: int) -> None:
        self._metrics.inc(telemetry.DEAD_LETTERS, records, topic=topic)

    def retried(self, reason: str) -> None:
        self._metrics.inc(telemetry.CONSUMER_RETRIES, reason=reason)


class LagSeries:
    """How far a service is behind; see `LagReport` of the bus."""

    def __init__(self, metrics: Telemetry) -> None:
        self._metrics = metrics

    def lag(self, source: TopicPartition, records: int) -> None:
        self._metrics.set(telemetry.CONSUMER_LAG, records, topic=source.topic, partition=str(source.partition))

    def oldest(self, topic: str, seconds: float) -> None:
        self._metrics.set(telemetry.OLDEST_RECORD_AGE, seconds, topic=topic)
