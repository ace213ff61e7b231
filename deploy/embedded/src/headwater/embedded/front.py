"""Every HTTP endpoint of the embedded product in one process: ingest, auth, reads, the live stream, the dashboard.

Started by the supervisor with a options as its one argument; the services are the very ones that run
apart in a distributed installation, handed embedded adapters.
"""

import contextlib
import dataclasses
import os
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

from headwater.api_gateway import app as api_gateway
from headwater.api_gateway.dispatch import STREAM_ROUTE, Dispatcher, one_origin
from headwater.api_gateway.settings import Settings as GatewaySettings
from headwater.api_gateway.stream import EMBEDDED_STREAMS, create_stream
from headwater.auth import accounts
from headwater.auth import app as auth
from headwater.auth.hashing import Hasher
from headwater.auth.settings import Settings as AuthSettings
from headwater.auth.store import Store, open_store
from headwater.bus.audit_log import AuditLog
from headwater.bus.embedded import EmbeddedBus
from headwater.bus.errors import BusError
from headwater.contracts import topics
from headwater.contracts.identity import INSTALLATION
from headwater.contracts.storage import Damaged
from headwater.embedded.data_dir import DataDir, write_private
from headwater.embedded.faults import Faults
from headwater.embedded.hosting import Process
from headwater.embedded.measuring import start_meter
from headwater.embedded.parts import Part, graph_filled, none_stopped, part, raising, require_present
from headwater.embedded.process import await_set_up, inherited_listener, report, reporting_failure
from headwater.embedded.services import ALERTING, METRICS_ENGINE
from headwater.embedded.settings import Settings
from headwater.embedded.start import Report, StartOptions, decode_start
from headwater.embedded.status import Workers, serve_status
from headwater.graph.embedded import EmbeddedGraph
from headwater.ingest_gateway import app as ingest_gateway
from headwater.ingest_gateway.settings import Settings as IngestSettings
from headwater.runtime import logs, telemetry
from headwater.runtime.asgi import Mount
from headwater.runtime.forward import wsgi_upstream
from headwater.runtime.health import Health
from headwater.runtime.host import compose, web_app
from headwater.runtime.identity import LocalIdentityFeed, Verifier
from headwater.runtime.lanes import Lane
from headwater.runtime.log_queue import QueuedStream
from headwater.runtime.request_policy import RequestPolicy, WebSettings, policy_of
from headwater.runtime.serve import serve
from headwater.runtime.service import Service
from headwater.runtime.settings import Secret, SettingsError, load
from headwater.runtime.stop import StopSignal, install
from headwater.runtime.telemetry import Telemetry
from headwater.runtime.web import DirectRoutes, create_web_app, direct_routes

API_THREADS = 10
# Beyond the streams themselves: those who are told that none is free.
REFUSING_THREADS = 2
INGEST_TOPICS = (topics.LINEAGE_EVENTS, topics.MODEL_EVENTS, topics.PREDICTION_EVENTS)
OPEN_READ = frozenset(
    {"lineage:read", "lineage:export", "models:read", "metrics:read", "predictions:read", "alerts:read", "stats:read"}
)
DEAD_LETTER_SOURCES = tuple(topic.name for topic in topics.TOPICS if topic.scope == "internal")
SAMPLE_PERMISSIONS = ("alerts:read", "alerts:write", "ingest:write")


class Shared(NamedTuple):
    """What the applications have in common."""

    process: Process
    verifier: Verifier
    policy: RequestPolicy
    audit: AuditLog
    faults: Faults
    workers: Workers
    health: Health
    metrics: Telemetry

    @property
    def options(self) -> StartOptions:
        return self.process.options

    @property
    def bus(self) -> EmbeddedBus:
        return self.process.bus

    @property
    def stop(self) -> StopSignal:
        return self.process.stop


def main() -> None:
    """Serve until SIGTERM."""
    options = decode_start(sys.argv[1])
    stop = StopSignal()
    install(stop)
    with reporting_failure(options, "front"):
        data = options.data
        settings = load(Settings)
        logs.configure("front", level=settings.log_level, stream=QueuedStream(sys.stdout))
        bus = EmbeddedBus(data.bus, floor=options.disk_floor)
        await_set_up(data, options, stop)
        _open_writers(bus)
        metrics, faults = Telemetry("api-gateway"), Faults(data, "front")
        store = _accounts(data, faults, metrics.of("auth"))
        password = _first_start(data, store) if isinstance(store, Store) else None
        verifier, policy, audit = _verifier(options, store, metrics), _policy(options), AuditLog(bus.producer())
        process = Process(options, bus, stop, registry=metrics.registry, verifier=verifier, policy=policy)
        workers = Workers(options.status_port)
        workers.follow(stop)
        metrics.extend(workers.extension(metrics))
        shared = Shared(process, verifier, policy, audit, faults, workers, Health(), metrics)
        origin, direct = _compose(shared, store)
        start_meter(data, bus, metrics, floor=options.disk_floor, stop=stop)
        listener = inherited_listener(options.socket)
        end_scrapes = _answer_scrapes(shared, settings.metrics_port, listener.getsockname()[0])
    streams = Mount(_is_stream, Lane("stream", EMBEDDED_STREAMS + REFUSING_THREADS, waiting=EMBEDDED_STREAMS))
    with listener:
        report(options.report, Report(ready=True, admin_password=password))
        serve(
            origin,
            threads=API_THREADS,
            stop=stop,
            listener=listener,
            limits=settings,
            mounts=[streams],
            direct=direct,
        )
    end_scrapes()
    if isinstance(store, Store):
        store.close()
    audit.close()
    bus.close()


def _answer_scrapes(shared: Shared, port: int, host: str) -> Callable[[], None]:
    """Answer probes and scrapes on a port of their own as well, unless it is 0. Returns what ends that.

    Raises SettingsError when the port cannot be opened.
    """
    if not port:
        return lambda: None
    app = create_web_app("front", blueprints=[], health=shared.health, metrics=shared.metrics, verifier=None)
    try:
        listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise SettingsError(f"metrics_port: port {port} of {host} cannot be opened: {error.strerror}") from None
    with listener:
        return serve_status(app, listener)


def _is_stream(method: str, path: str) -> bool:
    return (method, path) == STREAM_ROUTE


def _open_writers(bus: EmbeddedBus) -> None:
    """Now, so that no request waits for it. A log that is damaged, or a full disk, is each request's to say."""
    for topic in INGEST_TOPICS:
        with contextlib.suppress(BusError):
            bus.open_writers([topic])


def _policy(options: StartOptions) -> RequestPolicy:
    found = policy_of(
        WebSettings(
            public_url=options.public_url, allowed_hosts=options.allowed_hosts, trusted_proxies=options.trusted_proxies
        )
    )
    return found._replace(scraping="operations:read")


def _accounts(data: DataDir, faults: Faults, metrics: Telemetry) -> Store | Damaged:
    """The accounts, or why there are none: then nobody is let in, and whoever asks hears why."""
    try:
        require_present(data, "auth")
        hasher = Hasher(threads=API_THREADS, observe=partial(metrics.observe, telemetry.HASH_SECONDS))
        return open_store(data.database_url("auth"), pepper=Secret(data.secret("pepper")), hasher=hasher)
    except Damaged as damage:
        faults.report("auth", damage)
        return damage


def _verifier(options: StartOptions, store: Store | Damaged, metrics: Telemetry) -> Verifier:
    """Who may do what; the open flags let everybody do a little."""
    opened = (ingest_gateway.OPEN_INGEST if options.open_ingest else frozenset()) | (
        OPEN_READ if options.open_read else frozenset()
    )
    return Verifier(
        store.identity_feed() if isinstance(store, Store) else LocalIdentityFeed(raising(store)),
        Secret(options.data.secret("pepper")),
        Secret(options.data.secret("service-token")),
        open_permissions=opened,
        metrics=metrics,
    )


def _first_start(data: DataDir, store: Store) -> str | None:
    """The administrator and the producer's key, once. The password when it was made at random."""
    chosen = _password_file()
    made = accounts.ensure_admin(store, chosen)
    if not data.producer_key.exists() and not _earlier_keys(store, "producer"):
        key = accounts.create_key(store, "producer", ("ingest:write",), expires_days=None, annotate=("",))
        write_private(data.producer_key, key.secret)
    if not data.sample_key.exists():
        for lost in _earlier_keys(store, "sample story"):  # nobody but the product itself has had it
            accounts.revoke_key(store, lost)
        key = accounts.create_key(store, "sample story", SAMPLE_PERMISSIONS, expires_days=None, annotate=("",))
        write_private(data.sample_key, key.secret)
    return made if chosen is None else None


def _earlier_keys(store: Store, name: str) -> list[str]:
    """Ids of keys that the installation has made for itself under this name, whatever became of them."""
    return [key.id for key in accounts.list_keys(store) if key.name == name and key.owner == INSTALLATION]


def _password_file() -> str | None:
    path = os.environ.get("HEADWATER_ADMIN_PASSWORD_FILE")
    return Path(path).read_text().strip() if path else None


def _compose(shared: Shared, store: Store | Damaged) -> tuple[Dispatcher, DirectRoutes]:
    """Six applications behind one address, and what of them may be answered without Flask."""
    data, verifier, process = shared.options.data, shared.verifier, shared.process
    identity = part("auth", lambda: _auth(shared, store), shared.faults)
    engine = part("metrics-engine", lambda: _hosted(METRICS_ENGINE, process), shared.faults)
    alerts = part("alerting", lambda: _hosted(ALERTING, process), shared.faults)
    graph = EmbeddedGraph(data.graph, read_only=True, mapped=shared.options.mapped)
    _add_checks(shared, graph, {"auth": identity, "metrics-engine": engine, "alerting": alerts})
    configured = load(GatewaySettings)
    gateway_settings = dataclasses.replace(configured, stream_clients=min(configured.stream_clients, EMBEDDED_STREAMS))
    gateway = api_gateway.create_app(
        gateway_settings,
        graph=graph,
        upstreams={
            "auth": wsgi_upstream(identity.app),
            "metrics-engine": wsgi_upstream(engine.app),
            "alerting": wsgi_upstream(alerts.app),
        },
        verifier=verifier,
        health=shared.health,
        metrics=shared.metrics,
        static_dir=_dashboard(),
        audit=shared.audit.note,
        policy=shared.policy,
    )
    ingest_settings = dataclasses.replace(load(IngestSettings), open_ingest=shared.options.open_ingest)
    metrics = shared.metrics.of("ingest-gateway")
    watch = ingest_gateway.create_watch(ingest_settings, bus=shared.bus, topics=DEAD_LETTER_SOURCES, metrics=metrics)
    threading.Thread(target=watch.run, args=(shared.stop,), name="dead-letter-watch", daemon=True).start()
    shared.health.add("dead letters", watch.check)
    ingest = ingest_gateway.create_app(
        ingest_settings,
        bus=shared.bus,
        verifier=verifier,
        health=Health(),
        metrics=metrics,
        audit=shared.audit.note,
        policy=shared.policy,
        full=watch.full,
    )
    stream = create_stream(
        gateway_settings,
        bus=shared.bus,
        verifier=verifier,
        health=Health(),
        metrics=shared.metrics.of("stream"),
        stop=shared.stop,
        policy=shared.policy,
    )
    return one_origin(gateway=gateway, ingest=ingest, stream=stream), direct_routes(ingest)


def _add_checks(shared: Shared, graph: EmbeddedGraph, parts: Mapping[str, Part]) -> None:
    """All stores, and what the workers found; damage that a request met is reported too."""
    health = shared.health
    health.add("bus", shared.bus.check)
    health.add("lineage", graph_filled(graph, shared.bus))
    health.add("consumers", none_stopped(shared.options.data))
    health.add("workers", shared.workers.check)
    for name, found in parts.items():
        health.add(name, found.check)
    checks = {name: found.check for name, found in parts.items()}
    shared.faults.watch({**checks, "graph": graph.check, "log": shared.bus.check}, shared.stop)


def _auth(shared: Shared, store: Store | Damaged) -> Part:
    if isinstance(store, Damaged):
        raise store
    app = auth.create_app(
        load(AuthSettings, flags={"public_url": shared.options.public_url}),
        store=store,
        health=Health(),
        metrics=shared.metrics.of("auth"),
        verifier=shared.verifier,
        policy=shared.policy,
    )
    return Part(app, store.check)


def _hosted(service: Service, process: Process) -> Part:
    parts = compose(service, process.bind(service))
    return Part(web_app(service, parts, policy=process.policy), parts.checks["database"])


def _dashboard() -> Path | None:
    """The built dashboard: where HEADWATER_STATIC_DIR says, else in the checkout."""
    configured = os.environ.get("HEADWATER_STATIC_DIR")
    path = Path(configured) if configured else Path(__file__).resolve().parents[5] / "frontend" / "dist"
    return path if path.is_dir() else None


if __name__ == "__main__":
    main()
