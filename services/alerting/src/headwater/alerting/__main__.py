"""Entry point of alerting: `python -m headwater.alerting`."""

import threading
import time
from collections.abc import Callable

import sqlalchemy as sa

from headwater.alerting.app import create_app, create_workers, open_store
from headwater.alerting.settings import Settings
from headwater.bus.errors import Transient
from headwater.bus.kafka import KafkaBus
from headwater.runtime import logs
from headwater.runtime.health import Health
from headwater.runtime.identity import HttpIdentityFeed, Verifier
from headwater.runtime.serve import serve
from headwater.runtime.settings import load
from headwater.runtime.stop import StopSignal, install
from headwater.runtime.telemetry import Telemetry

START_SECONDS = 60.0


def main() -> int:
    """Serve and consume until SIGTERM. Exit code 1 when a worker failed: whoever supervises starts it again."""
    settings = load(Settings)
    logs.configure("alerting", level=settings.log_level)
    stop, metrics, health = StopSignal(), Telemetry("alerting"), Health()
    install(stop)
    store = _store(settings, stop)
    bus = KafkaBus(settings.kafka_bootstrap, client_id="alerting")
    health.add("bus", bus.check)
    feed = HttpIdentityFeed(settings.auth_url, settings.service_token)
    verifier = Verifier(feed, settings.pepper, settings.service_token, metrics=metrics)
    app = create_app(settings, store=store, verifier=verifier, health=health, metrics=metrics)
    workers = create_workers(settings, bus=bus, store=store, stop=stop, metrics=metrics, health=health)
    threads = [_Worker(name, work, stop) for name, work in workers.items()]
    for thread in threads:
        thread.start()
    serve(app, settings.host, settings.port, threads=settings.threads, stop=stop, limits=settings)
    stop.set()
    for thread in threads:
        thread.join(30)
    feed.close()
    bus.close()
    return int(any(thread.failed for thread in threads))


class _Worker(threading.Thread):
    """Work whose failure ends the program: half a service is worse than a restart."""

    def __init__(self, name: str, work: Callable[[], None], stop: StopSignal) -> None:
        super().__init__(name=name, daemon=True)
        self._work, self._stop_signal, self.failed = work, stop, False

    def run(self) -> None:
        try:
            self._work()
        except Exception as error:
            self.failed = True
            logs.get_logger("alerting").exception("worker_failed", worker=self.name, exc_info=error)
        finally:
            self._stop_signal.set()


def _store(settings: Settings, stop: StopSignal) -> sa.Engine:
    """Wait for the database: in a fleet it may start later than we do."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            return open_store(settings)
        except Transient:
            if time.monotonic() > deadline or stop.wait(1.0):
                raise


if __name__ == "__main__":
    raise SystemExit(main())
