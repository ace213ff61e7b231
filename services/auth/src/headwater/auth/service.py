"""The declaration of auth: its settings, needs, routes, its consumer and its periodic tasks."""

from headwater.auth.app import GROUP, TOPICS, TRAIL, compose, create_consumer, delete_expired_attempts
from headwater.auth.database import DATABASE
from headwater.auth.settings import Settings
from headwater.auth.views import audit, internal, keys, sessions, users
from headwater.runtime.hosting.service import Needs, Service, Work, every
from headwater.runtime.telemetry import series as telemetry

SERVICE = Service(
    name=GROUP,
    about="Manages accounts, sessions, API keys, roles, and the audit trail.",
    settings=Settings,
    needs=Needs(bus=True, database=DATABASE),
    compose=compose,
    routes=[sessions.routes, keys.routes, users.routes, audit.routes, internal.routes],
    consumes=TOPICS,
    workers=[Work(TRAIL, create_consumer)],
    periodic=[every(delete_expired_attempts, hours=1)],
    series=[telemetry.LOGINS, telemetry.REFRESHES, telemetry.HASH_SECONDS],
)
