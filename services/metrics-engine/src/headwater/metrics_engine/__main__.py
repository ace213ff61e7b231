"""Entry point of the metrics engine: `python -m headwater.metrics_engine`."""

import threading

from headwater.bus.kafka import KafkaBus
from headwater.metrics_engine.app import create_app, create_consumer, open_store
from headwater.metrics_engine.settings import Settings
from headwater.runtime import logs
from headwater.runtime.health import Health
from headwater.runtime.identity import HttpIdentityFeed, Verifier
from headwater.runtime.serve import serve
from headwater.runtime.settings import load
from headwater.runtime.stop import StopSignal, install
from headwater.runtime.telemetry import Telemetry


def main() -> None:
    """Consume and answer until SIGTERM; an engine that fails ends the program with its reason."""
    settings = load(Settings)
    logs.configure("metrics-engine", level=settings.log_level)
    stop = StopSignal()
    install(stop)
    metrics, health = Telemetry("metrics-engine"), Health()
    bus = KafkaBus(settings.kafka_bootstrap, client_id="metrics-engine")
    health.add("bus", bus.check)
    store = open_store(settings)
    verifier = Verifier(
        HttpIdentityFeed(settings.auth_url, settings.service_token), settings.pepper, settings.service_token
    )
    app = create_app(settings, store=store, verifier=verifier, health=health, metrics=metrics)
    engine = create_consumer(settings, bus=bus, store=store, stop=stop, metrics=metrics, health=health)
    failures: list[BaseException] = []

    def consume() -> None:
        try:
            engine.run()
        except Exception as error:
            logs.get_logger("engine").exception("engine_failed", exc_info=error)
            failures.append(error)
        finally:
            stop.set()

    consumer = threading.Thread(target=consume, name="engine")
    consumer.start()
    serve(app, settings.host, settings.port, threads=settings.threads, stop=stop, limits=settings)
    consumer.join()
    bus.close()
    if failures:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
