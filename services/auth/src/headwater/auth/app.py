"""Auth, composed."""

from collections.abc import Callable

import flask

from headwater.auth.sessions import Policy, Sessions
from headwater.auth.settings import Settings
from headwater.auth.store import Store
from headwater.auth.views.audit import audit_blueprint
from headwater.auth.views.internal import internal_blueprint
from headwater.auth.views.keys import keys_blueprint
from headwater.auth.views.sessions import sessions_blueprint
from headwater.auth.views.users import users_blueprint
from headwater.contracts.times import utc_now
from headwater.runtime import telemetry
from headwater.runtime.health import Health
from headwater.runtime.identity import Verifier
from headwater.runtime.request_policy import RequestPolicy, policy_of
from headwater.runtime.telemetry import Telemetry
from headwater.runtime.web import create_web_app


def create_app(
    settings: Settings,
    *,
    store: Store,
    health: Health,
    metrics: Telemetry,
    verifier: Verifier,
    policy: RequestPolicy | None = None,
    clock: Callable[[], int] = utc_now,
) -> flask.Flask:
    """Wire auth. `verifier`: over `store.identity_feed()`. The store has its own clock."""
    lives = Policy(
        access=settings.access_seconds,
        idle=settings.session_idle_seconds,
        absolute=settings.session_seconds,
        limit=settings.session_limit,
    )
    sessions = Sessions(
        store,
        lives,
        on_login=lambda outcome: metrics.inc(telemetry.LOGINS, result=outcome),
        on_refresh=lambda outcome: metrics.inc(telemetry.REFRESHES, result=outcome),
    )
    health.add("database", store.check)
    store.signing_key()
    return create_web_app(
        "auth",
        blueprints=[
            sessions_blueprint(store, sessions, settings, verifier),
            keys_blueprint(store),
            users_blueprint(store),
            audit_blueprint(store),
            internal_blueprint(store),
        ],
        health=health,
        metrics=metrics,
        verifier=verifier,
        policy=policy or policy_of(settings, "auth"),
    )
