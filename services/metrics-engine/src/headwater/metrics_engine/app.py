"""The metrics engine, composed."""

from collections.abc import Callable

import flask
import sqlalchemy as sa

from headwater.bus.deadletter import dead_letters
from headwater.bus.loop import Loop, Stop
from headwater.bus.port import Bus
from headwater.contracts.times import utc_now
from headwater.metrics_engine import database
from headwater.metrics_engine.batch import Rules
from headwater.metrics_engine.engine import Engine
from headwater.metrics_engine.handlers import TOPICS, MetricsHandler
from headwater.metrics_engine.settings import Settings
from headwater.metrics_engine.views import metrics_blueprint
from headwater.runtime.consuming import LoopSeries
from headwater.runtime.health import Health
from headwater.runtime.identity import Verifier
from headwater.runtime.request_policy import RequestPolicy, policy_of
from headwater.runtime.telemetry import Telemetry
from headwater.runtime.web import create_web_app

GROUP = "metrics-engine"


def open_store(settings: Settings) -> sa.Engine:
    """The tables, brought to the newest version. Raises Transient when the database is away."""
    engine = database.connect(database.url_of(settings.database_url.reveal(), settings.data_dir))
    database.migrate(engine)
    return engine


def create_app(
    settings: Settings,
    *,
    store: sa.Engine,
    verifier: Verifier,
    health: Health,
    metrics: Telemetry,
    policy: RequestPolicy | None = None,
) -> flask.Flask:
    """Wire the questions about predictions and metrics."""
    health.add("database", lambda: database.check(store))
    blueprint = metrics_blueprint(store, kept_days=settings.kept_days, metrics=metrics)
    return create_web_app(
        GROUP,
        blueprints=[blueprint],
        health=health,
        metrics=metrics,
        verifier=verifier,
        policy=policy or policy_of(settings, GROUP),
    )


def create_consumer(
    settings: Settings,
    *,
    bus: Bus,
    store: sa.Engine,
    stop: Stop,
    metrics: Telemetry,
    clock: Callable[[], int] = utc_now,
    health: Health | None = None,
) -> Engine:
    """Wire the engine: predictions, labels and model events in, results and outputs out."""
    rules = Rules(settings.window_seconds, settings.revision_seconds)
    handler = MetricsHandler(store, rules=rules, clock=clock, metrics=metrics)
    dead_letter_store = dead_letters(bus, service=GROUP, limit=settings.dead_letter_limit)
    if health is not None:
        health.add("dead letters", dead_letter_store.check)
    consumer = bus.consumer(group=GROUP, topics=TOPICS)
    loop = Loop(
        consumer,
        handler,
        dead_letter_store,
        stop=stop,
        clock=clock,
        metrics=LoopSeries(metrics),
        max_records=settings.batch_records,
    )
    return Engine(
        loop,
        handler,
        consumer=consumer,
        producer=bus.producer(),
        stop=stop,
        kept_days=settings.kept_days,
        clock=clock,
    )
