"""What auth is: its settings, needs, routes, its one consumer and its periodic tasks."""

from functools import partial

import sqlalchemy as sa

from headwater.auth import attempts, trail
from headwater.auth.consumer import GROUP, TOPICS, TRAIL, create_consumer
from headwater.auth.database import DATABASE
from headwater.auth.hashing import Hasher
from headwater.auth.pepper import checked
from headwater.auth.sessions import Policy, Sessions
from headwater.auth.settings import Settings
from headwater.auth.store import Store
from headwater.auth.views import audit, internal, keys, sessions, users
from headwater.contracts.audit import AuditEvent
from headwater.runtime.clock import Clock
from headwater.runtime.hosting.auditing import Refusals
from headwater.runtime.hosting.parts import Parts
from headwater.runtime.hosting.service import Needs, Service, Work, every
from headwater.runtime.identity.verifier import Verifier
from headwater.runtime.telemetry import series as telemetry
from headwater.runtime.telemetry.series import Telemetry


def _compose(parts: Parts) -> None:
    """Sessions, refusals; and the key that signs access tokens, now, so that no request waits for its making."""
    settings, metrics = parts.get(Settings), parts.get(Telemetry)
    store = _store(parts)
    policy = Policy(
        access=settings.access_seconds,
        idle=settings.session_idle_seconds,
        absolute=settings.session_seconds,
        limit=settings.session_limit,
    )
    made = Sessions(
        store,
        policy,
        on_login=lambda outcome: metrics.inc(telemetry.LOGINS, result=outcome),
        on_refresh=lambda outcome: metrics.inc(telemetry.REFRESHES, result=outcome),
    )
    parts.add(Sessions, made)
    parts.add(Refusals, Refusals(GROUP, partial(_append, store), clock=parts.get(Clock)))
    store.signing_key()


def _store(parts: Parts) -> Store:
    """The accounts, and who may do what by them: those of the whole process where it has other services too."""
    if Store in parts:
        return parts.get(Store)
    settings, metrics = parts.get(Settings), parts.get(Telemetry)
    hasher = Hasher(threads=settings.threads, observe=partial(metrics.observe, telemetry.HASH_SECONDS))
    store = Store(parts.get(sa.Engine), pepper=checked(settings.pepper), hasher=hasher)
    parts.add(Verifier, Verifier(store.identity_feed(), settings.pepper, settings.service_token, metrics=metrics))
    return parts.add(Store, store, close=store.close)


def _append(store: Store, event: AuditEvent) -> None:
    with store.writing() as connection:
        trail.append(connection, [event])


def delete_expired_attempts(parts: Parts) -> str:
    """Attempts to log in that no limit counts any more."""
    return f"{attempts.delete_expired(parts.get(Store))} deleted"


SERVICE = Service(
    name=GROUP,
    about="Knows who asks: accounts, sessions, API keys, roles, and the audit trail.",
    settings=Settings,
    needs=Needs(bus=True, database=DATABASE),
    compose=_compose,
    routes=[sessions.routes, keys.routes, users.routes, audit.routes, internal.routes],
    consumes=TOPICS,
    workers=[Work(TRAIL, create_consumer)],
    periodic=[every(delete_expired_attempts, hours=1)],
    series=[telemetry.LOGINS, telemetry.REFRESHES, telemetry.HASH_SECONDS],
)
