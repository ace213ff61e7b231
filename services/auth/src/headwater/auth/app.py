"""Auth, composed."""

from collections.abc import Callable

import flask

from headwater.auth.service import SERVICE
from headwater.auth.settings import Settings
from headwater.auth.store import Store
from headwater.contracts.times import utc_now
from headwater.runtime.clock import Clock
from headwater.runtime.health import Health
from headwater.runtime.host import web_app
from headwater.runtime.identity import Verifier
from headwater.runtime.parts import Parts
from headwater.runtime.request_policy import RequestPolicy, policy_of
from headwater.runtime.telemetry import Telemetry


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
    """Wire the views of auth, which need no bus: its consumer may run in another program.

    verifier: over `store.identity_feed()`. The store has its own clock.
    """
    parts = Parts()
    parts.add(Settings, settings)
    parts.add(Store, store, check=("database", store.check))
    parts.add(Health, health)
    parts.add(Telemetry, metrics)
    parts.add(Verifier, verifier)
    parts.add(Clock, clock)
    for series in SERVICE.series:
        metrics.start(series)
    SERVICE.compose(parts)
    return web_app(SERVICE, parts, policy=policy or policy_of(settings, SERVICE.name))
