"""Every HTTP endpoint of the embedded product in one process: ingest, auth, reads, the live stream, the dashboard.

Started by the supervisor with its options as the only argument; the services are the same as in a distributed
installation, with embedded adapters.
"""

import contextlib
import socket
import sys
from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

from headwater.api_gateway.settings import EMBEDDED_STREAMS
from headwater.auth import accounts
from headwater.auth.hashing import Hasher
from headwater.auth.settings import Settings as AuthSettings
from headwater.auth.store import Store, open_store
from headwater.bus.audit_log import AuditLog
from headwater.bus.dead_letter_watch import DeadLetterWatch
from headwater.bus.embedded import EmbeddedBus
from headwater.bus.errors import BusError
from headwater.contracts import topics
from headwater.contracts.identity import INSTALLATION
from headwater.contracts.storage import Damaged
from headwater.embedded.data_dir import DataDir, write_private
from headwater.embedded.dispatch import Dispatcher, places
from headwater.embedded.faults import Faults
from headwater.embedded.hosting import Process
from headwater.embedded.measuring import start_meter
from headwater.embedded.parts import Part, graph_filled, none_stopped, part, raising, require_present
from headwater.embedded.process import await_set_up, inherited_listener, report, reporting_failure
from headwater.embedded.services import ALERTING, API_GATEWAY, AUTH, INGEST_GATEWAY, METRICS_ENGINE, STREAM
from headwater.embedded.settings import Settings
from headwater.embedded.start import Report, StartOptions, decode_start
from headwater.embedded.status import Workers, serve_status
from headwater.graph.port import GraphReader
from headwater.graph.sqlite import EmbeddedGraph
from headwater.ingest_gateway.app import OPEN_INGEST
from headwater.runtime.hosting.heartbeat import Heartbeats
from headwater.runtime.hosting.host import RunningWorkers, compose, make_workers, web_app
from headwater.runtime.hosting.parts import Parts
from headwater.runtime.hosting.service import Service
from headwater.runtime.identity.verifier import LocalIdentityFeed, Verifier
from headwater.runtime.logs import lines as logs
from headwater.runtime.logs.queue import QueuedStream
from headwater.runtime.settings import Secret, SettingsError, load
from headwater.runtime.stop import StopSignal, install
from headwater.runtime.telemetry import series as telemetry
from headwater.runtime.telemetry.health import Health
from headwater.runtime.telemetry.series import Telemetry
from headwater.runtime.web.application import create_web_app, direct_routes
from headwater.runtime.web.asgi import Mount
from headwater.runtime.web.direct_routes import DirectRoutes
from headwater.runtime.web.forward import Upstreams, wsgi_upstream
from headwater.runtime.web.lanes import Lane
from headwater.runtime.web.request_policy import RequestPolicy, WebSettings, policy_of
from headwater.runtime.web.serve import serve

API_THREADS = 10
JOIN_SECONDS = 5.0
STREAMS = frozenset(places(STREAM))
# Beyond the streams themselves: for clients that are refused one.
REFUSING_THREADS = 2
INGEST_TOPICS = (topics.LINEAGE_EVENTS, topics.MODEL_EVENTS, topics.PREDICTION_EVENTS)
OPEN_READ = frozenset(
    {"lineage:read", "lineage:export", "models:read", "metrics:read", "predictions:read", "alerts:read", "stats:read"}
)
SAMPLE_PERMISSIONS = ("alerts:read", "alerts:write", "ingest:write")


class Front(NamedTuple):
    """All applications behind one address, and those routes that may be answered without Flask.

    parts: of the api-gateway, whose health and series are those of the product. running: the workers of this process.
    """

    origin: Dispatcher
    direct: DirectRoutes
    parts: Parts
    running: RunningWorkers


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
        process = Process(options, bus, stop, registry=metrics.registry, verifier=verifier, policy=policy, audit=audit)
        workers = Workers(options.status_port)
        workers.follow(stop)
        metrics.extend(workers.extension(metrics))
        front = _compose(process, faults, workers, store)
        start_meter(data, bus, metrics, floor=options.disk_floor, stop=stop)
        listener = inherited_listener(options.socket)
        end_scrapes = _answer_scrapes(front.parts, policy, settings.metrics_port, listener.getsockname()[0])
    streams = Mount(_is_stream, Lane("stream", EMBEDDED_STREAMS + REFUSING_THREADS, waiting=EMBEDDED_STREAMS))
    with listener:
        report(options.report, Report(ready=True, admin_password=password))
        serve(
            front.origin,
            threads=API_THREADS,
            stop=stop,
            listener=listener,
            limits=settings,
            mounts=[streams],
            direct=front.direct,
        )
    stop.set()
    end_scrapes()
    front.running.join(JOIN_SECONDS)
    if isinstance(store, Store):
        store.close()
    audit.close()
    bus.close()


def _answer_scrapes(parts: Parts, policy: RequestPolicy, port: int, host: str) -> Callable[[], None]:
    """Answer probes and scrapes on a separate port as well, unless it is 0. Returns a function that ends it.

    Raises SettingsError when the port cannot be opened.
    """
    if not port:
        return lambda: None
    app = create_web_app(
        "front",
        blueprints=[],
        health=parts.get(Health),
        metrics=parts.get(Telemetry),
        verifier=None,
        policy=policy._replace(scraping=""),
    )
    try:
        listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise SettingsError(f"metrics_port: port {port} of {host} cannot be opened: {error.strerror}") from None
    with listener:
        return serve_status(app, listener)


def _is_stream(method: str, path: str) -> bool:
    return (method, path) in STREAMS


def _open_writers(bus: EmbeddedBus) -> None:
    """Open now, so that no request waits for it. A damaged log or a full disk is reported to each request."""
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
    """The accounts, or why they are unavailable: then every request is refused with the reason."""
    try:
        require_present(data, "auth")
        hasher = Hasher(threads=API_THREADS, observe=partial(metrics.observe, telemetry.HASH_SECONDS))
        return open_store(data.database_url("auth"), pepper=Secret(data.secret("pepper")), hasher=hasher)
    except Damaged as damage:
        faults.report("auth", damage)
        return damage


def _verifier(options: StartOptions, store: Store | Damaged, metrics: Telemetry) -> Verifier:
    """The verifier; the open flags grant some permissions to everybody."""
    opened = (OPEN_INGEST if options.open_ingest else frozenset()) | (OPEN_READ if options.open_read else frozenset())
    return Verifier(
        store.identity_feed() if isinstance(store, Store) else LocalIdentityFeed(raising(store)),
        Secret(options.data.secret("pepper")),
        Secret(options.data.secret("service-token")),
        open_permissions=opened,
        metrics=metrics,
    )


def _first_start(data: DataDir, store: Store) -> str | None:
    """The administrator and the producer's key, once. The password when it was made at random."""
    chosen = load(AuthSettings, mode="embedded").admin_password.reveal() or None
    made = accounts.ensure_admin(store, chosen)
    if not data.producer_key.exists() and not _earlier_keys(store, "producer"):
        key = accounts.create_key(store, "producer", ("ingest:write",), expires_days=None, annotate=("",))
        write_private(data.producer_key, key.secret)
    if not data.sample_key.exists():
        for lost in _earlier_keys(store, "sample story"):  # only the product itself has had it
            accounts.revoke_key(store, lost)
        key = accounts.create_key(store, "sample story", SAMPLE_PERMISSIONS, expires_days=None, annotate=("",))
        write_private(data.sample_key, key.secret)
    return made if chosen is None else None


def _earlier_keys(store: Store, name: str) -> list[str]:
    """Ids of keys that the installation has created for itself with this name, in any state."""
    return [key.id for key in accounts.list_keys(store) if key.name == name and key.owner == INSTALLATION]


def _compose(process: Process, faults: Faults, workers: Workers, store: Store | Damaged) -> Front:
    owners = {
        "auth": part("auth", lambda: _auth(process, store), faults),
        "metrics-engine": part("metrics-engine", lambda: _hosted(METRICS_ENGINE, process), faults),
        "alerting": part("alerting", lambda: _hosted(ALERTING, process), faults),
    }
    gateway = process.bind(API_GATEWAY)
    gateway.add(Upstreams, Upstreams({name: wsgi_upstream(owner.app) for name, owner in owners.items()}))
    compose(API_GATEWAY, gateway)
    ingest, stream = (compose(service, process.bind(service)) for service in (INGEST_GATEWAY, STREAM))
    health = gateway.get(Health)
    health.add("workers", workers.check)
    health.add("dead letters", ingest.get(DeadLetterWatch).check)
    _add_checks(process, health, gateway.get(GraphReader), owners, faults)
    running = RunningWorkers(process.stop)
    for service, parts in ((INGEST_GATEWAY, ingest), (STREAM, stream)):
        running.start(service.name, make_workers(service, parts), parts.get(Heartbeats))
    applications = {
        service: web_app(service, parts, policy=process.policy)
        for service, parts in ((API_GATEWAY, gateway), (INGEST_GATEWAY, ingest), (STREAM, stream))
    }
    return Front(Dispatcher(applications), direct_routes(applications[INGEST_GATEWAY]), gateway, running)


def _add_checks(
    process: Process, health: Health, graph: GraphReader, owners: Mapping[str, Part], faults: Faults
) -> None:
    """All stores, and faults of the workers; damage that a request met is reported too."""
    assert isinstance(graph, EmbeddedGraph)
    health.add("lineage", graph_filled(graph, process.bus))
    health.add("consumers", none_stopped(process.options.data))
    for name, owner in owners.items():
        health.add(name, owner.check)
    checks = {name: owner.check for name, owner in owners.items()}
    faults.watch({**checks, "graph": graph.check, "log": process.bus.check}, process.stop)


def _auth(process: Process, store: Store | Damaged) -> Part:
    if isinstance(store, Damaged):
        raise store
    parts = process.bind(AUTH, engine=store.engine)
    parts.add(Store, store)
    return Part(web_app(AUTH, compose(AUTH, parts), policy=process.policy), store.check)


def _hosted(service: Service, process: Process) -> Part:
    parts = compose(service, process.bind(service))
    return Part(web_app(service, parts, policy=process.policy), parts.checks["database"])
