"""Every HTTP door of the embedded product in one process: ingest, auth, reads, the live stream, the dashboard.

Started by the supervisor with a plan as its one argument; the services are the very ones that run
apart in a distributed installation, handed embedded adapters.
"""

import os
import sys
import threading
from pathlib import Path
from typing import NamedTuple

import msgspec

from headwater.alerting import app as alerting
from headwater.alerting.settings import Settings as AlertingSettings
from headwater.api_gateway import app as api_gateway
from headwater.api_gateway.dispatch import STREAM_ROUTE, Dispatcher, one_origin
from headwater.api_gateway.settings import Settings as GatewaySettings
from headwater.api_gateway.stream import EMBEDDED_STREAMS, create_stream
from headwater.auth import accounts
from headwater.auth import app as auth
from headwater.auth.hashing import Hasher
from headwater.auth.settings import Settings as AuthSettings
from headwater.auth.store import Store, open_store
from headwater.bus.embedded import EmbeddedBus
from headwater.contracts import topics
from headwater.embedded.data_dir import DataDir, write_private
from headwater.embedded.limits import Limits
from headwater.embedded.plan import Plan, Report, decode_plan
from headwater.embedded.process import await_set_up, inherited_listener, report, reporting_failure
from headwater.embedded.settings import Settings
from headwater.graph.embedded import EmbeddedGraph
from headwater.ingest_gateway import app as ingest_gateway
from headwater.ingest_gateway.settings import Settings as IngestSettings
from headwater.metrics_engine import app as metrics_engine
from headwater.metrics_engine.settings import Settings as EngineSettings
from headwater.runtime import logs
from headwater.runtime.asgi import Mount
from headwater.runtime.forward import wsgi_upstream
from headwater.runtime.health import Health
from headwater.runtime.identity import Verifier
from headwater.runtime.lanes import Lane
from headwater.runtime.log_queue import QueuedStream
from headwater.runtime.metrics import Metrics
from headwater.runtime.request_policy import WebSettings, policy_of
from headwater.runtime.serve import serve
from headwater.runtime.settings import Secret, load
from headwater.runtime.stop import StopSignal, install
from headwater.runtime.web import DirectRoutes, direct_routes

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
    """What the doors have in common."""

    plan: Plan
    bus: EmbeddedBus
    verifier: Verifier
    metrics: Metrics
    stop: StopSignal


def main() -> None:
    """Serve until SIGTERM."""
    plan = decode_plan(sys.argv[1])
    logs.configure("front", level="INFO", stream=QueuedStream(sys.stdout))
    stop = StopSignal()
    install(stop)
    with reporting_failure(plan, "front"):
        data = plan.data
        limits = load(Settings)
        bus = EmbeddedBus(data.bus)
        await_set_up(data, plan, stop)
        bus.open_writers(INGEST_TOPICS)
        hasher = Hasher(threads=API_THREADS)
        store = open_store(data.database_url("auth"), pepper=Secret(data.secret("pepper")), hasher=hasher)
        password = _first_start(data, store)
        metrics = Metrics("front")
        shared = Shared(plan, bus, _verifier(plan, store, metrics), metrics, stop)
        origin, direct = _compose(shared, store)
    streams = Mount(_is_stream, Lane("stream", EMBEDDED_STREAMS + REFUSING_THREADS, waiting=EMBEDDED_STREAMS))
    with inherited_listener(plan.socket) as listener:
        report(plan.report, Report(ready=True, admin_password=password))
        serve(
            origin,
            threads=API_THREADS,
            stop=stop,
            listener=listener,
            limits=limits,
            mounts=[streams],
            direct=direct,
        )
    store.close()
    bus.close()


def _is_stream(method: str, path: str) -> bool:
    return (method, path) == STREAM_ROUTE


def _verifier(plan: Plan, store: Store, metrics: Metrics) -> Verifier:
    """Who may do what; the open flags let everybody do a little."""
    opened = (ingest_gateway.OPEN_INGEST if plan.open_ingest else frozenset()) | (
        OPEN_READ if plan.open_read else frozenset()
    )
    return Verifier(
        store.identity_feed(),
        Secret(plan.data.secret("pepper")),
        Secret(plan.data.secret("service-token")),
        open_permissions=opened,
        metrics=metrics,
    )


def _first_start(data: DataDir, store: Store) -> str | None:
    """The administrator and the producer's key, once. The password when it was made at random."""
    chosen = _password_file()
    made = accounts.ensure_admin(store, chosen)
    if not data.producer_key.exists():
        key = accounts.create_key(store, "producer", ("ingest:write",), expires_days=None, annotate=("",))
        write_private(data.producer_key, key.secret)
    if not data.sample_key.exists():
        key = accounts.create_key(store, "sample story", SAMPLE_PERMISSIONS, expires_days=None, annotate=("",))
        write_private(data.sample_key, key.secret)
    return made if chosen is None else None


def _password_file() -> str | None:
    path = os.environ.get("HEADWATER_ADMIN_PASSWORD_FILE")
    return Path(path).read_text().strip() if path else None


def _compose(shared: Shared, store: Store) -> tuple[Dispatcher, DirectRoutes]:
    """Six applications behind one address, and what of them may be answered without Flask."""
    plan, data, verifier, metrics = shared.plan, shared.plan.data, shared.verifier, shared.metrics
    web = WebSettings(
        public_url=plan.public_url, allowed_hosts=plan.allowed_hosts, trusted_proxies=plan.trusted_proxies
    )
    policy, health = policy_of(web), Health()
    engine_settings = EngineSettings(database_url=Secret(data.database_url("metrics")))
    alerting_settings = AlertingSettings(database_url=Secret(data.database_url("alerting")))
    engine_store = metrics_engine.open_store(engine_settings)
    alerting_store = alerting.open_store(alerting_settings)
    engine = metrics_engine.create_app(
        engine_settings, store=engine_store, verifier=verifier, health=Health(), metrics=metrics, policy=policy
    )
    alerts = alerting.create_app(
        alerting_settings, store=alerting_store, verifier=verifier, health=Health(), metrics=metrics, policy=policy
    )
    identity = auth.create_app(
        AuthSettings(public_url=plan.public_url),
        store=store,
        health=Health(),
        metrics=metrics,
        verifier=verifier,
        policy=policy,
    )
    told = load(GatewaySettings)
    gateway_settings = msgspec.structs.replace(told, stream_clients=min(told.stream_clients, EMBEDDED_STREAMS))
    health.add("bus", shared.bus.check)
    gateway = api_gateway.create_app(
        gateway_settings,
        graph=EmbeddedGraph(data.graph, read_only=True),
        upstreams={
            "auth": wsgi_upstream(identity),
            "metrics-engine": wsgi_upstream(engine),
            "alerting": wsgi_upstream(alerts),
        },
        verifier=verifier,
        health=health,
        metrics=metrics,
        static_dir=_dashboard(),
        policy=policy,
    )
    ingest_settings = IngestSettings(
        kafka_door=False, open_ingest=plan.open_ingest, dead_letter_limit=load(Limits).dead_letter_limit
    )
    watch = ingest_gateway.create_watch(ingest_settings, bus=shared.bus, topics=DEAD_LETTER_SOURCES, metrics=metrics)
    threading.Thread(target=watch.run, args=(shared.stop,), name="dead-letter-watch", daemon=True).start()
    health.add("dead letters", watch.check)
    ingest = ingest_gateway.create_app(
        ingest_settings,
        bus=shared.bus,
        verifier=verifier,
        health=Health(),
        metrics=metrics,
        policy=policy,
        full=watch.full,
    )
    stream = create_stream(
        gateway_settings,
        bus=shared.bus,
        verifier=verifier,
        health=Health(),
        metrics=metrics,
        stop=shared.stop,
        policy=policy,
    )
    return one_origin(gateway=gateway, ingest=ingest, stream=stream), direct_routes(ingest)


def _dashboard() -> Path | None:
    """The built dashboard: where HEADWATER_STATIC_DIR says, else in the checkout."""
    told = os.environ.get("HEADWATER_STATIC_DIR")
    path = Path(told) if told else Path(__file__).resolve().parents[5] / "frontend" / "dist"
    return path if path.is_dir() else None


if __name__ == "__main__":
    main()
