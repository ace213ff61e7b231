"""Alerting, composed: questions and rules by HTTP, metric results from the bus, notifications to people."""

from collections.abc import Callable
from typing import get_args

import flask
import sqlalchemy as sa

from headwater.alerting import database
from headwater.alerting import store as rows
from headwater.alerting.handlers import Outbox, ResultsHandler
from headwater.alerting.judging import Judge
from headwater.alerting.notify import Notifier, webhook
from headwater.alerting.settings import Settings
from headwater.alerting.views import alerts_blueprint
from headwater.bus.deadletter import dead_letters
from headwater.bus.errors import Transient
from headwater.bus.loop import Loop, Stop
from headwater.bus.outbox import OutboxRelay
from headwater.bus.port import Bus
from headwater.contracts.alerts import Severity
from headwater.contracts.metrics import MetricResult
from headwater.contracts.times import utc_now
from headwater.contracts.topics import METRIC_RESULTS
from headwater.runtime import telemetry
from headwater.runtime.consuming import LoopSeries
from headwater.runtime.health import Health
from headwater.runtime.identity import Verifier
from headwater.runtime.request_policy import RequestPolicy, policy_of
from headwater.runtime.telemetry import Telemetry
from headwater.runtime.web import create_web_app

SERVICE = "alerting"


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
    clock: Callable[[], int] = utc_now,
) -> flask.Flask:
    """Wire the questions about alerts, and the rules."""
    health.add("database", lambda: database.check(store))
    blueprint = alerts_blueprint(store, _judge(settings), clock=clock, judged=lambda: show_firing(store, metrics))
    return create_web_app(
        SERVICE,
        blueprints=[blueprint],
        health=health,
        metrics=metrics,
        verifier=verifier,
        policy=policy or policy_of(settings, SERVICE),
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
) -> Loop[MetricResult]:
    """Wire the loop: metric results in, alerts, outbox and notifications out."""

    dead_letter_store = dead_letters(bus, service=SERVICE, limit=settings.dead_letter_limit)
    if health is not None:
        health.add("dead letters", dead_letter_store.check)

    def handled(judgements: int) -> None:
        metrics.inc(telemetry.ALERT_EVALUATIONS, judgements, result="judged")
        show_firing(store, metrics)

    return Loop(
        bus.consumer(group=SERVICE, topics=[METRIC_RESULTS]),
        ResultsHandler(store, _judge(settings), clock=clock, handled=handled),
        dead_letter_store,
        stop=stop,
        clock=clock,
        metrics=LoopSeries(metrics),
        max_records=settings.batch_records,
    )


def create_relay(*, bus: Bus, store: sa.Engine, clock: Callable[[], int] = utc_now) -> OutboxRelay:
    """Wire the outbox to `alert.events`."""
    outbox = Outbox(store)
    return OutboxRelay(outbox.pending, outbox.forget, bus.producer(), clock=clock)


def create_notifier(
    settings: Settings, *, store: sa.Engine, metrics: Telemetry, clock: Callable[[], int] = utc_now
) -> Notifier | None:
    """Wire the webhook; None when no receiver is set."""
    if not settings.webhook_url:
        return None
    return Notifier(
        store,
        webhook(settings.webhook_url.reveal(), timeout=settings.webhook_timeout),
        external_url=settings.external_url,
        clock=clock,
        counted=lambda result: metrics.inc(telemetry.NOTIFICATIONS, channel="webhook", result=result),
    )


def create_workers(
    settings: Settings,
    *,
    bus: Bus,
    store: sa.Engine,
    stop: Stop,
    metrics: Telemetry,
    clock: Callable[[], int] = utc_now,
    health: Health | None = None,
) -> dict[str, Callable[[], None]]:
    """All that runs beside the HTTP endpoint, by name; each returns after the stop signal and belongs on its own
    thread."""
    loop = create_consumer(settings, bus=bus, store=store, stop=stop, metrics=metrics, clock=clock, health=health)
    relay = create_relay(bus=bus, store=store, clock=clock)
    workers: dict[str, Callable[[], None]] = {"loop": loop.run, "relay": lambda: relay.run(stop)}
    notifier = create_notifier(settings, store=store, metrics=metrics, clock=clock)
    if notifier is not None:
        workers["notifier"] = lambda: notifier.run(stop)
    return workers


def show_firing(engine: sa.Engine, metrics: Telemetry) -> None:
    """Set the series of firing alerts, zeros included. A database that is away leaves them as they were."""
    try:
        with database.reading(engine) as connection:
            firing = rows.firing(connection)
    except Transient:
        return
    for severity in get_args(Severity):
        metrics.set(telemetry.ALERTS_FIRING, firing.get(severity, 0), severity=severity)


def _judge(settings: Settings) -> Judge:
    return Judge(notifies=bool(settings.webhook_url))
