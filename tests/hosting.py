"""Services hosted on the adapters of a test, in the same way as in both modes."""

from collections.abc import Callable, Mapping
from typing import Any
from unittest.mock import MagicMock

import flask
import sqlalchemy as sa
from prometheus_client import CollectorRegistry

from headwater.bus.port import Bus
from headwater.contracts.audit import AuditEvent
from headwater.contracts.times import utc_now
from headwater.graph.port import GraphReader, GraphStore
from headwater.runtime.hosting.auditing import AuditSink
from headwater.runtime.hosting.host import compose, prepare, web_app
from headwater.runtime.hosting.parts import Parts
from headwater.runtime.hosting.service import Service
from headwater.runtime.identity.verifier import Verifier
from headwater.runtime.settings import ServiceSettings
from headwater.runtime.stop import StopSignal
from headwater.runtime.web.forward import Upstreams
from headwater.runtime.web.request_policy import WebSettings, policy_of


class Audited(list[AuditEvent]):
    """The records sent to the audit trail."""

    def note(self, event: AuditEvent) -> None:
        self.append(event)


def hosted(
    service: Service,
    settings: ServiceSettings | None = None,
    *,
    bus: Any = None,
    graph: Any = None,
    engine: Any = None,
    verifier: Verifier | None = None,
    audit: AuditSink | None = None,
    upstreams: Mapping[str, Any] | None = None,
    also: Mapping[Any, object] | None = None,
    stop: StopSignal | None = None,
    registry: CollectorRegistry | None = None,
    clock: Callable[[], int] = utc_now,
) -> Parts:
    """The parts of a composed service, including those in `also`. An adapter that is not given must not be used."""
    parts = prepare(service, settings or service.settings(), stop=stop, clock=clock, registry=registry)
    reads = service.needs.graph == "read"
    adapters: list[tuple[Any, str, Any]] = [
        (Bus, "bus", bus),
        (GraphReader if reads else GraphStore, "graph", graph),
        (sa.Engine, "database", engine),
    ]
    for kind, name, adapter in adapters:
        parts.add(kind, adapter, check=(name, getattr(adapter, "check", _up)))
    if verifier is not None or service.needs.identity:
        parts.add(Verifier, verifier)
    if service.needs.audit:
        parts.add(AuditSink, Audited() if audit is None else audit)
    if service.needs.services:
        parts.add(Upstreams, Upstreams(upstreams or {name: MagicMock() for name in service.needs.services}))
    for other, part in (also or {}).items():
        parts.add(other, part)
    return compose(service, parts)


def _up() -> None:
    """The health check of a part that has none."""


def application(service: Service, settings: ServiceSettings | None = None, **adapters: Any) -> flask.Flask:
    """The web application of a service, which also accepts its own name as Host; see `hosted`."""
    return web(service, hosted(service, settings, **adapters))


def web(service: Service, parts: Parts) -> flask.Flask:
    """The web application of a composed service, which also accepts its own name as Host."""
    settings = parts.get(service.settings)
    assert isinstance(settings, WebSettings)
    return web_app(service, parts, policy=policy_of(settings, service.name))
