"""The adapters of a distributed installation: Kafka, Neo4j, PostgreSQL, and auth over HTTP, by what a service needs.

Each is imported only when a service needs it: a program does not load clients of servers that it never calls.
"""

from typing import TypeVar

from headwater.runtime.hosting.adapter_settings import Listening, OnBus, OnDatabase, OnGraph, WithIdentity
from headwater.runtime.hosting.auditing import AuditSink
from headwater.runtime.hosting.parts import Parts
from headwater.runtime.hosting.service import Service
from headwater.runtime.settings import ServiceSettings, SettingsError
from headwater.runtime.stop import StopSignal
from headwater.runtime.telemetry.series import Telemetry

FREE_THREADS = 2
"""Threads that remain for other requests while the graph does not answer."""
READ_SECONDS = 2.0
"""Seconds after which a read of an unresponsive graph is given up, so that its caller has a response within three."""

S = TypeVar("S", bound=ServiceSettings)


def bind(service: Service, settings: ServiceSettings, parts: Parts) -> Parts:
    """Add to the parts of a service the adapters of its needs. Connects to the database, which may start later.

    Raises SettingsError when a need lacks its setting, Transient when the database does not answer in time.
    """
    needs = service.needs
    if needs.bus:
        _bind_bus(service, _group(settings, OnBus, service), parts)
    if needs.graph is not None:
        _bind_graph(service, _group(settings, OnGraph, service), settings, parts)
    if needs.database is not None:
        _bind_database(service, _group(settings, OnDatabase, service), parts)
    if needs.identity:
        _bind_identity(service, _group(settings, WithIdentity, service), parts)
    if needs.services:
        _bind_services(service, _group(settings, WithIdentity, service), parts)
    return parts


def _group(settings: ServiceSettings, group: type[S], service: Service) -> S:
    """The settings of a need."""
    if not isinstance(settings, group):
        raise TypeError(f"{service.name}: its settings must include {group.__name__}, because of what it needs")
    return settings


def _bind_bus(service: Service, settings: OnBus, parts: Parts) -> None:
    from headwater.bus.audit_log import AuditLog
    from headwater.bus.kafka import KafkaBus
    from headwater.bus.port import Bus

    bus = KafkaBus(settings.kafka_bootstrap, client_id=service.name)
    parts.add(Bus, bus, check=("bus", bus.check), close=bus.close)
    if service.needs.audit:
        audit = AuditLog(bus.producer())
        parts.add(AuditSink, audit, close=audit.close)


def _bind_graph(service: Service, address: OnGraph, settings: ServiceSettings, parts: Parts) -> None:
    from headwater.graph.neo4j import Neo4jGraph
    from headwater.graph.port import GraphReader, GraphStore

    login = address.neo4j_uri, address.neo4j_user, address.neo4j_password.reveal()
    if service.needs.graph == "write":
        graph = Neo4jGraph(*login)
        parts.add(GraphStore, graph, check=("graph", graph.check), close=graph.close)
        return
    threads = settings.threads if isinstance(settings, Listening) else 1
    graph = Neo4jGraph(*login, readers=max(1, threads - FREE_THREADS), patience=READ_SECONDS)
    parts.add(GraphReader, graph, check=("graph", graph.check), close=graph.close)


def _bind_database(service: Service, settings: OnDatabase, parts: Parts) -> None:
    import sqlalchemy as sa

    from headwater.runtime.storage.transactions import check

    assert service.needs.database is not None
    engine = service.needs.database.open_when_up(database_url(settings), stop=parts.get(StopSignal))
    parts.add(sa.Engine, engine, check=("database", lambda: check(engine)), close=engine.dispose)


def database_url(settings: OnDatabase) -> str:
    """The address of the database of a service. Raises SettingsError when it is not set."""
    if not settings.database_url:
        raise SettingsError("database_url is not set: give HEADWATER_DATABASE_URL_FILE, a file with its address")
    return settings.database_url.reveal()


def _bind_identity(service: Service, settings: WithIdentity, parts: Parts) -> None:
    from headwater.runtime.identity.verifier import HttpIdentityFeed, Verifier

    feed = HttpIdentityFeed(settings.auth_url, settings.service_token)
    verifier = Verifier(
        feed,
        settings.pepper,
        settings.service_token,
        open_permissions=service.open_permissions(settings),
        metrics=parts.get(Telemetry),
    )
    parts.add(Verifier, verifier, close=feed.close)


def _bind_services(service: Service, settings: WithIdentity, parts: Parts) -> None:
    """The address of each is the setting `<name>_url`."""
    from headwater.runtime.web.forward import Upstreams, http_upstream

    urls = {name: getattr(settings, f"{name.replace('-', '_')}_url") for name in service.needs.services}
    made = {name: http_upstream(url, settings.service_token) for name, url in urls.items()}
    parts.add(Upstreams, Upstreams(made))
