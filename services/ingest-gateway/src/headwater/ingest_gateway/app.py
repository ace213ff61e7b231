"""The composition of the ingest gateway: its HTTP endpoint and its Kafka consumer."""

from collections.abc import Callable, Collection
from functools import partial

import flask

from headwater.bus.dead_letter_watch import DeadLetterWatch
from headwater.bus.loop import DeadLetterStore, Loop, Stop
from headwater.bus.port import Bus
from headwater.contracts.audit import AuditEvent
from headwater.contracts.times import utc_now
from headwater.ingest_gateway.acceptance import Sealed
from headwater.ingest_gateway.granting import ANNOTATE, WRITE
from headwater.ingest_gateway.group_offsets import GroupOffsets
from headwater.ingest_gateway.http_endpoint import HttpEndpoint
from headwater.ingest_gateway.inbound_consumer import InboundHandler, family, inbound
from headwater.ingest_gateway.settings import Settings
from headwater.ingest_gateway.views.lineage import lineage_blueprint
from headwater.ingest_gateway.views.own_events import own_events_blueprint
from headwater.ingest_gateway.views.taker import Taker
from headwater.runtime import telemetry
from headwater.runtime.auditing import Refusals
from headwater.runtime.consuming import LoopSeries
from headwater.runtime.health import Health
from headwater.runtime.identity import Verifier
from headwater.runtime.request_policy import RequestPolicy, policy_of
from headwater.runtime.telemetry import Telemetry
from headwater.runtime.web import create_web_app

GROUP = "ingest-gateway"
OPEN_INGEST = frozenset({WRITE, ANNOTATE})
"""What callers without credentials may do where ingest is open."""
Full = Callable[[str], bool]
"""Whether the dead letters of a topic leave no room for new events of its kind."""


def create_watch(settings: Settings, *, bus: Bus, topics: Collection[str], metrics: Telemetry) -> DeadLetterWatch:
    """Wire the look at the dead letters of these topics; its `run` belongs on a thread of its own."""
    return DeadLetterWatch(
        bus,
        topics,
        limit=settings.dead_letter_limit,
        report=lambda topic, waiting: metrics.set(telemetry.DEAD_LETTERS_WAITING, waiting, topic=topic),
    )


def create_app(
    settings: Settings,
    *,
    bus: Bus,
    verifier: Verifier,
    health: Health,
    metrics: Telemetry,
    audit: Callable[[AuditEvent], None],
    policy: RequestPolicy | None = None,
    full: Full = lambda topic: False,
    clock: Callable[[], int] = utc_now,
) -> flask.Flask:
    """Wire the HTTP endpoint: events in by POST, onto the bus, and 201 when they are durable.

    audit: takes refusals, and never waits.
    """
    taker = Taker(HttpEndpoint(settings, metrics, clock, full=full), bus.producer())
    health.add("bus", bus.check)
    return create_web_app(
        "ingest-gateway",
        blueprints=[lineage_blueprint(taker), own_events_blueprint(taker)],
        health=health,
        metrics=metrics,
        verifier=verifier,
        direct=taker.direct(),
        policy=policy or policy_of(settings, GROUP),
        refusals=Refusals(GROUP, audit, clock=clock),
    )


def create_consumer(
    settings: Settings,
    *,
    bus: Bus,
    verifier: Verifier,
    dead_letters: DeadLetterStore,
    stop: Stop,
    metrics: Telemetry,
    full: Full = lambda topic: False,
    clock: Callable[[], int] = utc_now,
) -> Loop[Sealed]:
    """Wire the Kafka consumer: inbound topics in, internal topics out, the rest to the dead letters."""
    topics = inbound(settings.inbound_scopes, settings.inbound_principals)
    consumer = bus.consumer(group=GROUP, topics=sorted(topics))
    offsets = GroupOffsets(consumer, waits=lambda topic: full(topic) or full(internal(topic)))
    principals = partial(verifier.principal, permission=WRITE)
    timeout = settings.append_timeout
    handler = InboundHandler(offsets, bus.producer(), topics, principals, metrics, timeout=timeout, clock=clock)
    return Loop(offsets, handler, dead_letters, stop=stop, clock=clock, metrics=LoopSeries(metrics, sorted(topics)))


def internal(topic: str) -> str:
    """The topic to which the events of an inbound topic go."""
    kind = family(topic)
    return kind.topic if kind is not None else topic
