"""The declaration of alerting: its settings, needs, routes, topics and workers."""

from functools import partial

from headwater.alerting import handlers, views
from headwater.alerting.app import (
    COUNTER,
    GROUP,
    LOOP,
    RELAY,
    compose,
    create_consumer,
    create_counter,
    create_notifier,
    create_relay,
    judge_closed_windows,
    notifier_name,
)
from headwater.alerting.channels import CHANNELS
from headwater.alerting.database import DATABASE
from headwater.alerting.forgetting import forget
from headwater.alerting.settings import Settings
from headwater.bus.errors import Transient
from headwater.contracts import topics
from headwater.runtime.hosting.service import Needs, Service, Work, every
from headwater.runtime.telemetry import series as telemetry
from headwater.runtime.web.problem import away

SERVICE = Service(
    name=GROUP,
    about="Judges metrics by rules, and notifies people.",
    settings=Settings,
    needs=Needs(bus=True, database=DATABASE, identity=True),
    compose=compose,
    routes=[views.routes],
    consumes=handlers.TOPICS,
    produces=(topics.ALERT_EVENTS, topics.AUDIT_EVENTS),
    forget=forget,
    workers=[
        Work(LOOP, create_consumer),
        Work(RELAY, create_relay),
        *(Work(notifier_name(channel), partial(create_notifier, channel)) for channel in CHANNELS),
        Work(COUNTER, create_counter),
    ],
    periodic=[every(judge_closed_windows, seconds=10)],
    series=[
        telemetry.ALERTS_FIRING,
        telemetry.ALERT_EVALUATIONS,
        telemetry.NOTIFICATIONS.of(channel=tuple(channel.name for channel in CHANNELS)),
    ],
    errors={Transient: away("The database of alerting does not answer.")},
)
