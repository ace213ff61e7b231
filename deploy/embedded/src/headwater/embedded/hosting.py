"""Services hosted in the embedded product: needs bound to its data directory, settings to its environment."""

import dataclasses
from functools import partial
from typing import Any

import sqlalchemy as sa
from prometheus_client import CollectorRegistry

from headwater.bus.embedded import EmbeddedBus
from headwater.bus.port import Bus
from headwater.embedded.configuration import load_embedded
from headwater.embedded.parts import require_present
from headwater.embedded.start import StartOptions
from headwater.graph.port import GraphReader, GraphStore
from headwater.graph.sqlite import EmbeddedGraph
from headwater.runtime.hosting.auditing import AuditSink
from headwater.runtime.hosting.host import prepare
from headwater.runtime.hosting.parts import Parts
from headwater.runtime.hosting.service import Service
from headwater.runtime.identity.verifier import Verifier
from headwater.runtime.settings import Secret, ServiceSettings, names
from headwater.runtime.stop import StopSignal
from headwater.runtime.storage.transactions import check
from headwater.runtime.web.request_policy import RequestPolicy


class Process:
    """Shared by the services of one process: the bus, the stop signal and the registry of their series.

    registry: of the series that the process serves; None creates one.
    verifier, policy, audit: of the services that answer requests.
    """

    def __init__(
        self,
        options: StartOptions,
        bus: EmbeddedBus,
        stop: StopSignal,
        *,
        registry: CollectorRegistry | None = None,
        verifier: Verifier | None = None,
        policy: RequestPolicy | None = None,
        audit: AuditSink | None = None,
    ) -> None:
        self.options, self.bus, self.stop = options, bus, stop
        self.verifier, self.policy, self.audit = verifier, policy, audit
        self.registry = registry or CollectorRegistry()

    def settings(self, service: Service) -> Any:
        """From the environment, with the defaults of this mode. Raises SettingsError."""
        return settings_of(service, self.options)

    def bind(self, service: Service, *, engine: sa.Engine | None = None) -> Parts:
        """The parts of a service, its needs bound, except the services to which it forwards requests.

        engine: its database where that is open already. Raises Damaged when its database is, or is missing.
        """
        parts = prepare(service, self.settings(service), stop=self.stop, registry=self.registry)
        if service.needs.bus:
            parts.add(Bus, self.bus, check=("bus", self.bus.check))
        if service.needs.graph is not None:
            self._bind_graph(service, parts)
        if service.needs.database is not None:
            self._bind_database(service, engine, parts)
        if service.needs.audit and self.audit is not None:
            parts.add(AuditSink, self.audit)
        if self.verifier is not None:
            parts.add(Verifier, self.verifier)
        return parts

    def _bind_graph(self, service: Service, parts: Parts) -> None:
        if service.needs.graph == "write":
            graph = EmbeddedGraph(self.options.data.graph)
            graph.ensure_schema()
            parts.add(GraphStore, graph, check=("graph", graph.check), close=graph.close)
        else:
            graph = EmbeddedGraph(self.options.data.graph, read_only=True, mapped=self.options.mapped)
            parts.add(GraphReader, graph, check=("graph", graph.check), close=graph.close)

    def _bind_database(self, service: Service, engine: sa.Engine | None, parts: Parts) -> None:
        database = service.needs.database
        assert database is not None
        close = None
        if engine is None:
            require_present(self.options.data, database.name)
            engine = database.open(self.options.data.database_url(database.name))
            close = engine.dispose
        parts.add(sa.Engine, engine, check=("database", partial(check, engine)), close=close)


def settings_of(service: Service, options: StartOptions) -> ServiceSettings:
    """The settings of a service in this mode: file < environment < flag, over the defaults of the mode."""
    url = options.public_url
    settings: Any = load_embedded(service.name, service.settings, url, flags={"public_url": url}).settings
    own: dict[str, Any] = {}
    if "open_ingest" in names(service.settings):
        own["open_ingest"] = options.open_ingest
    if "pepper" in names(service.settings):
        own["pepper"] = Secret(options.data.secret("pepper"))
        own["service_token"] = Secret(options.data.secret("service-token"))
    found: ServiceSettings = dataclasses.replace(settings, **own)
    return found
