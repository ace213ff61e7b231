"""The composition of alerting: metric results and model events from the bus, alert events to it, notifications."""

from typing import Any, get_args

import sqlalchemy as sa

from headwater.alerting import database
from headwater.alerting import store as rows
from headwater.alerting.channels import CHANNELS
from headwater.alerting.channels.port import ChannelType
from headwater.alerting.handlers import TOPICS, Item, Outbox, ResultsHandler
from headwater.alerting.judging import Judge
from headwater.alerting.notify import Notifier
from headwater.alerting.settings import Settings
from headwater.bus.errors import Transient
from headwater.bus.loop import Loop
from headwater.bus.outbox import OutboxRelay
from headwater.bus.port import Bus
from headwater.contracts.alerts import Severity
from headwater.runtime.clock import Clock
from headwater.runtime.hosting.auditing import Refusals
from headwater.runtime.hosting.consuming import consumer_loop
from headwater.runtime.hosting.heartbeat import Heartbeats
from headwater.runtime.hosting.parts import Parts
from headwater.runtime.settings import SettingsError
from headwater.runtime.stop import StopSignal
from headwater.runtime.telemetry import series as telemetry
from headwater.runtime.telemetry.meter import Meter
from headwater.runtime.telemetry.series import Telemetry

GROUP = "alerting"
LOOP, RELAY, COUNTER = "loop", "relay", "firing"


class Firing:
    """The series of firing alerts, including zeros."""

    def __init__(self, engine: sa.Engine, metrics: Telemetry) -> None:
        self._engine, self._metrics = engine, metrics

    def show(self) -> None:
        """Count them now. When the database does not answer the series stay as they are."""
        try:
            with database.reading(self._engine) as connection:
                firing = rows.firing(connection)
        except Transient:
            return
        for severity in get_args(Severity):
            self._metrics.set(telemetry.ALERTS_FIRING, firing.get(severity, 0), severity=severity)


def compose(parts: Parts) -> None:
    """Add the parts that views and workers share."""
    settings = parts.get(Settings)
    channels = [channel.name for channel in CHANNELS if channel.enabled(settings)]
    parts.add(Judge, Judge(channels=channels, grace_seconds=settings.window_grace_seconds))
    parts.add(Firing, Firing(parts.get(sa.Engine), parts.get(Telemetry)))
    parts.add(Refusals, Refusals(GROUP, Outbox(parts.get(sa.Engine)).audit, clock=parts.get(Clock)))


def create_consumer(parts: Parts) -> Loop[Item]:
    """Wire the loop: metric results and model events in, alerts, outbox and notifications out."""
    metrics, firing = parts.get(Telemetry), parts.get(Firing)

    def handled(judgements: int) -> None:
        metrics.inc(telemetry.ALERT_EVALUATIONS, judgements, result="judged")
        firing.show()

    handler = ResultsHandler(parts.get(sa.Engine), parts.get(Judge), clock=parts.get(Clock), handled=handled)
    return consumer_loop(parts, handler, worker=LOOP, group=GROUP, topics=TOPICS, settings=parts.get(Settings))


def judge_closed_windows(parts: Parts) -> str:
    """Judge windows that have closed since the last time: windows close as time passes, even without new results."""
    try:
        with database.writing(parts.get(sa.Engine)) as connection:
            count = parts.get(Judge).after(connection, (), now=parts.get(Clock)())
    except Transient as error:
        return f"postponed: {error}"
    if count:
        parts.get(Telemetry).inc(telemetry.ALERT_EVALUATIONS, count, result="judged")
        parts.get(Firing).show()
    return f"{count} judgements"


def create_relay(parts: Parts) -> OutboxRelay:
    """Wire the outbox to `alert.events` and `audit.events`."""
    outbox = Outbox(parts.get(sa.Engine))
    return OutboxRelay(
        outbox.pending,
        outbox.forget,
        parts.get(Bus).producer(),
        clock=parts.get(Clock),
        stop=parts.get(StopSignal),
        beat=parts.get(Heartbeats).of(RELAY),
    )


def notifier_name(channel: ChannelType[Any]) -> str:
    """The name of the worker that sends what is queued for a channel."""
    return f"{channel.name} notifier"


def create_notifier(channel: ChannelType[Any], parts: Parts) -> Notifier | None:
    """Wire a channel to its queue; None when its settings name no receiver. Raises SettingsError for a wrong one."""
    settings, metrics = parts.get(Settings), parts.get(Telemetry)
    if not channel.enabled(settings):
        return None
    try:
        sender = channel.create(settings)
    except ValueError as error:
        raise SettingsError(str(error)) from None
    return Notifier(
        parts.get(sa.Engine),
        channel.name,
        sender,
        external_url=settings.external_url,
        stop=parts.get(StopSignal),
        clock=parts.get(Clock),
        counted=lambda result: metrics.inc(telemetry.NOTIFICATIONS, channel=channel.name, result=result),
        beat=parts.get(Heartbeats).of(notifier_name(channel), extra=sender.timeout),
    )


def create_counter(parts: Parts) -> Meter:
    """Wire the count of firing alerts, which other processes change too."""
    return Meter([parts.get(Firing).show], stop=parts.get(StopSignal))
