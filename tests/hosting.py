"""Services hosted on the adapters that a test gives: the way in which both modes host them."""

from collections.abc import Callable
from typing import Any

import flask
import sqlalchemy as sa
from prometheus_client import CollectorRegistry

from headwater.bus.port import Bus
from headwater.contracts.times import utc_now
from headwater.graph.port import GraphStore
from headwater.runtime.host import compose, prepare, web_app
from headwater.runtime.identity import Verifier
from headwater.runtime.parts import Parts
from headwater.runtime.request_policy import WebSettings, policy_of
from headwater.runtime.service import Service
from headwater.runtime.settings import ServiceSettings
from headwater.runtime.stop import StopSignal


def hosted(
    service: Service,
    settings: ServiceSettings | None = None,
    *,
    bus: Any = None,
    graph: Any = None,
    engine: Any = None,
    verifier: Verifier | None = None,
    stop: StopSignal | None = None,
    registry: CollectorRegistry | None = None,
    clock: Callable[[], int] = utc_now,
) -> Parts:
    """The parts of a composed service. An adapter that is not given is one that nobody may use."""
    parts = prepare(service, settings or service.settings(), stop=stop, clock=clock, registry=registry)
    for kind, name, adapter in ((Bus, "bus", bus), (GraphStore, "graph", graph), (sa.Engine, "database", engine)):
        parts.add(kind, adapter, check=(name, lambda: None))
    if verifier is not None or service.needs.identity:
        parts.add(Verifier, verifier)
    return compose(service, parts)


def application(service: Service, settings: ServiceSettings | None = None, **adapters: Any) -> flask.Flask:
    """The web application of a service, called by its own name too; see `hosted`."""
    settings = settings or service.settings()
    assert isinstance(settings, WebSettings)
    parts = hosted(service, settings, **adapters)
    return web_app(service, parts, policy=policy_of(settings, service.name))
