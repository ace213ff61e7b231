"""The composition of auth."""

from functools import partial

import sqlalchemy as sa

from headwater.auth import attempts, trail
from headwater.auth.handlers import AuditHandler
from headwater.auth.hashing import Hasher
from headwater.auth.pepper import checked
from headwater.auth.sessions import Policy, Sessions
from headwater.auth.settings import Settings
from headwater.auth.store import Store
from headwater.bus.loop import Loop
from headwater.bus.port import Record
from headwater.contracts.audit import AuditEvent
from headwater.contracts.topics import AUDIT_EVENTS
from headwater.runtime.clock import Clock
from headwater.runtime.hosting.auditing import Refusals
from headwater.runtime.hosting.consuming import consumer_loop
from headwater.runtime.hosting.parts import Parts
from headwater.runtime.identity.verifier import Verifier
from headwater.runtime.telemetry import series as telemetry
from headwater.runtime.telemetry.series import Telemetry

GROUP = "auth"
TOPICS = (AUDIT_EVENTS,)
TRAIL = "trail"


def compose(parts: Parts) -> None:
    """Add sessions and refusals; and create the key that signs access tokens now, so that no request waits for it."""
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


def create_consumer(parts: Parts) -> Loop[AuditEvent]:
    """Wire the loop: audit events of the other services in, rows of the audit trail out."""
    handler = AuditHandler(parts.get(sa.Engine))
    return consumer_loop(
        parts,
        handler,
        worker=TRAIL,
        group=GROUP,
        topics=TOPICS,
        settings=parts.get(Settings),
        request_of=request_of,
    )


def request_of(record: Record, event: AuditEvent | None) -> str:
    """The request id of the action, from the event."""
    return "" if event is None else event.detail.get("request", "")


def delete_expired_attempts(parts: Parts) -> str:
    """Delete log-in attempts that no limit counts any more."""
    return f"{attempts.delete_expired(parts.get(Store))} deleted"


def _store(parts: Parts) -> Store:
    """The accounts and their verifier: shared by the whole process where it hosts other services too."""
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
