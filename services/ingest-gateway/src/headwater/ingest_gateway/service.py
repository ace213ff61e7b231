"""The declaration of the ingest gateway: its settings, needs, routes, topics and workers."""

from headwater.contracts import topics
from headwater.ingest_gateway.app import (
    CONSUMER,
    GROUP,
    USAGE,
    WATCH,
    compose,
    create_consumer,
    create_usage,
    create_watch,
    open_permissions,
    topics_read,
)
from headwater.ingest_gateway.http_endpoint import SERIES
from headwater.ingest_gateway.settings import Settings
from headwater.ingest_gateway.views import lineage, own_events
from headwater.ingest_gateway.views.taker import Taker
from headwater.runtime.hosting.service import Needs, Service, Work

SERVICE = Service(
    name=GROUP,
    about="Accepts events over HTTP and from Kafka, checks them, and acknowledges them when they are durable.",
    settings=Settings,
    needs=Needs(bus=True, identity=True, audit=True),
    compose=compose,
    routes=[lineage.routes, own_events.routes],
    direct=lambda parts: parts.get(Taker).direct(),
    open_permissions=open_permissions,
    consumes=topics.INBOUND,
    reads=topics_read,
    produces=(topics.LINEAGE_EVENTS, topics.MODEL_EVENTS, topics.PREDICTION_EVENTS, topics.AUDIT_EVENTS),
    workers=[Work(CONSUMER, create_consumer), Work(WATCH, create_watch), Work(USAGE, create_usage)],
    series=SERIES,
)
