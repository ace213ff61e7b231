"""Entry point of auth: `python -m headwater.auth`."""

import atexit
import os
import signal
import threading
from functools import partial

import flask
import sqlalchemy as sa

from headwater.auth.accounts import ensure_admin
from headwater.auth.hashing import Hasher
from headwater.auth.service import SERVICE
from headwater.auth.settings import Settings
from headwater.auth.store import Store, open_store
from headwater.bus.errors import UnknownTopic
from headwater.bus.kafka import KafkaBus
from headwater.bus.port import Bus
from headwater.runtime import logs, telemetry
from headwater.runtime.host import compose, prepare, web_app, works
from headwater.runtime.identity import Verifier
from headwater.runtime.parts import Parts
from headwater.runtime.request_policy import policy_of
from headwater.runtime.serve import calm_garbage_collector, serve_granian
from headwater.runtime.service import Work
from headwater.runtime.settings import SettingsError, load
from headwater.runtime.stop import StopSignal
from headwater.runtime.telemetry import Telemetry

TOPIC_PAUSE = 5.0
STOP_SECONDS = 10.0


def distributed() -> flask.Flask:
    """Auth of a distributed installation, from the environment. Each worker process calls it once, and is one member
    of the group that reads audit events."""
    settings = load(Settings)
    logs.configure(SERVICE.name, level=settings.log_level)
    parts = prepare(SERVICE, settings)
    metrics = parts.get(Telemetry)
    store = opened(settings, metrics)
    verifier = Verifier(store.identity_feed(), settings.pepper, settings.service_token, metrics=metrics)
    bus = KafkaBus(settings.kafka_bootstrap, client_id=SERVICE.name)
    parts.add(Bus, bus, check=("bus", bus.check), close=bus.close)
    parts.add(Store, store, check=("database", store.check), close=store.close)
    parts.add(sa.Engine, store.engine)
    parts.add(Verifier, verifier)
    app = web_app(SERVICE, compose(SERVICE, parts), policy=policy_of(settings, SERVICE.name))
    _start_workers(parts)
    calm_garbage_collector()
    return app


def opened(settings: Settings, metrics: Telemetry) -> Store:
    if not settings.database_url:
        raise SettingsError("database_url is not set: give HEADWATER_DATABASE_URL_FILE with a PostgreSQL address")
    observe = partial(metrics.observe, telemetry.HASH_SECONDS)
    hasher = Hasher(threads=settings.threads, observe=observe)
    return open_store(settings.database_url.reveal(), pepper=settings.pepper, hasher=hasher)


def _start_workers(parts: Parts) -> None:
    stop = parts.get(StopSignal)
    threads = [
        threading.Thread(target=_run, args=(work, parts, stop), name=work.name, daemon=True) for work in works(SERVICE)
    ]
    for thread in threads:
        thread.start()

    def leave() -> None:
        stop.set()
        for thread in threads:
            thread.join(STOP_SECONDS)
        parts.close()

    atexit.register(leave)


def _run(work: Work, parts: Parts, stop: StopSignal) -> None:
    """One worker until the stop signal. Topics that nobody has created yet are waited for: people log in meanwhile."""
    log = logs.get_logger(SERVICE.name)
    while not stop.is_set():
        try:
            worker = work.make(parts)
            if worker is None:
                return
            worker.run()
        except UnknownTopic as error:
            log.warning("waits_for_topic", worker=work.name, reason=str(error))
            stop.wait(TOPIC_PAUSE)
        except Exception as error:
            log.exception("worker_failed", worker=work.name, exc_info=error)
            os.kill(os.getpid(), signal.SIGTERM)  # half a service is worse than a restart
            return


def main() -> None:
    """Serve until SIGTERM. At the first start the administrator's password is written to standard output, once."""
    settings = load(Settings)
    logs.configure(SERVICE.name, level=settings.log_level)
    store = opened(settings, Telemetry(SERVICE.name))
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
        service="auth",
        log_level=settings.log_level,
    )


if __name__ == "__main__":
    main()
