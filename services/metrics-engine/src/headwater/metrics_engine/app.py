"""The composition of the metrics engine."""

import sqlalchemy as sa

from headwater.bus.port import Bus
from headwater.metrics_engine.batch import Rules
from headwater.metrics_engine.engine import Engine
from headwater.metrics_engine.handlers import TOPICS, MetricsHandler
from headwater.metrics_engine.settings import Settings
from headwater.runtime.clock import Clock
from headwater.runtime.hosting.consuming import consumer_loop
from headwater.runtime.hosting.parts import Parts
from headwater.runtime.stop import StopSignal
from headwater.runtime.telemetry.series import Telemetry

GROUP = "metrics-engine"
ENGINE = "engine"


def create_consumer(parts: Parts) -> Engine:
    """Wire the engine: predictions, labels and model events in, results and outputs out."""
    settings, bus, clock = parts.get(Settings), parts.get(Bus), parts.get(Clock)
    rules = Rules(settings.window_seconds, settings.revision_seconds)
    handler = MetricsHandler(parts.get(sa.Engine), rules=rules, clock=clock, metrics=parts.get(Telemetry))
    consumer = bus.consumer(group=GROUP, topics=TOPICS)
    loop = consumer_loop(
        parts, handler, worker=ENGINE, group=GROUP, topics=TOPICS, settings=settings, consumer=consumer
    )
    return Engine(
        loop,
        handler,
        consumer=consumer,
        producer=bus.producer(),
        stop=parts.get(StopSignal),
        kept_days=settings.kept_days,
        clock=clock,
    )
