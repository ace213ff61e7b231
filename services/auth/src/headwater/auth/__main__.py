"""Entry point of auth: `python -m headwater.auth`."""

from functools import partial

import flask

from headwater.auth.accounts import ensure_admin
from headwater.auth.app import create_app
from headwater.auth.hashing import Hasher
from headwater.auth.settings import Settings
from headwater.auth.store import Store, open_store
from headwater.runtime import logs, telemetry
from headwater.runtime.health import Health
from headwater.runtime.identity import Verifier
from headwater.runtime.serve import calm_garbage_collector, serve_granian
from headwater.runtime.settings import SettingsError, load
from headwater.runtime.telemetry import Telemetry


def distributed() -> flask.Flask:
    """Auth of a distributed installation, from the environment. Each worker process calls it once."""
    settings = load(Settings)
    logs.configure("auth", level=settings.log_level)
    metrics = Telemetry("auth")
    store = opened(settings, metrics)
    verifier = Verifier(store.identity_feed(), settings.pepper, settings.service_token, metrics=metrics)
    app = create_app(settings, store=store, health=Health(), metrics=metrics, verifier=verifier)
    calm_garbage_collector()
    return app


def opened(settings: Settings, metrics: Telemetry) -> Store:
    if not settings.database_url:
        raise SettingsError("database_url is not set: give HEADWATER_DATABASE_URL_FILE with a PostgreSQL address")
    observe = partial(metrics.observe, telemetry.HASH_SECONDS)
    hasher = Hasher(threads=settings.threads, observe=observe)
    return open_store(settings.database_url.reveal(), pepper=settings.pepper, hasher=hasher)


def main() -> None:
    """Serve until SIGTERM. At the first start the administrator's password is written to standard output, once."""
    settings = load(Settings)
    logs.configure("auth", level=settings.log_level)
    store = opened(settings, Telemetry("auth"))
    chosen = settings.admin_password.reveal() or None
    password = ensure_admin(store, chosen)
    store.close()
    if password is not None and chosen is None:
        print(f"first start: user admin, password {password}", flush=True)
    serve_granian(
        "headwater.auth.__main__:distributed",
        settings.host,
        settings.port,
        threads=settings.threads,
        connection_seconds=settings.connection_seconds,
    )


if __name__ == "__main__":
    main()
