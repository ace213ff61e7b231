"""What auth is: its settings, needs, routes and periodic tasks."""

from headwater.auth import attempts
from headwater.auth.database import DATABASE
from headwater.auth.sessions import Policy, Sessions
from headwater.auth.settings import Settings
from headwater.auth.store import Store
from headwater.auth.views import audit, internal, keys, sessions, users
from headwater.runtime import telemetry
from headwater.runtime.parts import Parts
from headwater.runtime.service import Needs, Service, every
from headwater.runtime.telemetry import Telemetry


def _compose(parts: Parts) -> None:
    """The sessions; and the key that signs access tokens, now, so that no request waits for its making."""
    settings, store, metrics = parts.get(Settings), parts.get(Store), parts.get(Telemetry)
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
    store.signing_key()


def delete_expired_attempts(parts: Parts) -> str:
    """Attempts to log in that no limit counts any more."""
    return f"{attempts.delete_expired(parts.get(Store))} deleted"


SERVICE = Service(
    name="auth",
    about="Knows who asks: accounts, sessions, API keys, roles, and the audit trail.",
    settings=Settings,
    needs=Needs(database=DATABASE, identity=True),
    compose=_compose,
    routes=[sessions.routes, keys.routes, users.routes, audit.routes, internal.routes],
    periodic=[every(delete_expired_attempts, hours=1)],
    series=[telemetry.LOGINS, telemetry.REFRESHES, telemetry.HASH_SECONDS],
)
