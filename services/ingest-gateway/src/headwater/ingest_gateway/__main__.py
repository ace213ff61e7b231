"""The consumer of the ingest gateway: `python -m headwater.ingest_gateway`."""

import atexit
import os
import signal
import threading

import flask

from headwater.bus.audit_log import AuditLog
from headwater.bus.dead_letter_watch import DeadLetterWatch
from headwater.bus.deadletter import dead_letters
from headwater.bus.errors import UnknownTopic
from headwater.bus.kafka import KafkaBus
from headwater.bus.port import Bus
from headwater.contracts.topics import TOPICS
from headwater.ingest_gateway.app import GROUP, OPEN_INGEST, create_app, create_consumer, create_watch
from headwater.ingest_gateway.inbound_consumer import inbound
from headwater.ingest_gateway.settings import Settings
from headwater.runtime import logs
from headwater.runtime.consuming import lag_meter
from headwater.runtime.health import Health
from headwater.runtime.identity import HttpIdentityFeed, Verifier
from headwater.runtime.meter import Meter
from headwater.runtime.serve import calm_garbage_collector, serve_granian
from headwater.runtime.settings import load
from headwater.runtime.stop import StopSignal
from headwater.runtime.telemetry import Telemetry
from headwater.runtime.usage import UsageSeries

SERVICE = "ingest-gateway"
STOP_TIMEOUT = 8.0
TOPIC_PAUSE = 2.0


def distributed() -> flask.Flask:
    """The gateway of a distributed installation, from the environment. Each worker process calls it once."""
    settings = load(Settings)
    logs.configure(SERVICE, level=settings.log_level)
    metrics = Telemetry(SERVICE)
    bus = KafkaBus(settings.kafka_bootstrap, client_id=SERVICE)
    health = Health()
    verifier = Verifier(
        HttpIdentityFeed(settings.auth_url, settings.service_token),
        settings.pepper,
        settings.service_token,
        open_permissions=OPEN_INGEST if settings.open_ingest else frozenset(),
        metrics=metrics,
    )
    watch = _watch_dead_letters(settings, bus, health, metrics)
    _measure(settings, bus, metrics)
    audit = AuditLog(bus.producer()).note
    app = create_app(settings, bus=bus, verifier=verifier, health=health, metrics=metrics, audit=audit, full=watch.full)
    if settings.kafka_inbound:
        _start_inbound_consumer(settings, bus, verifier, health, metrics, watch)
    calm_garbage_collector()
    return app


def _watch_dead_letters(settings: Settings, bus: Bus, health: Health, metrics: Telemetry) -> DeadLetterWatch:
    """Follow the dead letters of every topic on a thread of this process."""
    topics = {topic.name for topic in TOPICS} | inbound(settings.inbound_scopes).keys()
    watch = create_watch(settings, bus=bus, topics=topics, metrics=metrics)
    health.add("dead letters", watch.check)
    threading.Thread(target=watch.run, args=(StopSignal(),), name="dead-letter-watch", daemon=True).start()
    return watch


def _measure(settings: Settings, bus: Bus, metrics: Telemetry) -> None:
    """The disk of the log, and how far the inbound topics are read, on a thread of this process."""
    measurements = [UsageSeries(metrics, bus.usage).measure]
    if settings.kafka_inbound:
        topics = sorted(inbound(settings.inbound_scopes, settings.inbound_principals))
        measurements.append(lag_meter(bus, metrics, group=GROUP, topics=topics).measure)
    Meter(measurements, stop=StopSignal()).start()


def _start_inbound_consumer(
    settings: Settings, bus: Bus, verifier: Verifier, health: Health, metrics: Telemetry, watch: DeadLetterWatch
) -> None:
    """Read the inbound topics on a thread of this process: each worker is one member of the group."""
    stop = StopSignal()
    dead_letters_store = dead_letters(bus, service=GROUP, limit=settings.dead_letter_limit)
    waiting: list[str] = []

    def read() -> None:
        while not stop.is_set():
            try:
                waiting.clear()
                create_consumer(
                    settings,
                    bus=bus,
                    verifier=verifier,
                    dead_letters=dead_letters_store,
                    stop=stop,
                    metrics=metrics,
                    full=watch.full,
                ).run()
            except UnknownTopic as error:
                waiting[:] = [str(error)]
                stop.wait(TOPIC_PAUSE)
            except Exception:
                logs.get_logger(SERVICE).exception("inbound_consumer_failed")
                # A consumer that is shut for good must not look open: end the process, whoever watches starts it anew.
                os.kill(os.getpid(), signal.SIGTERM)
                return

    consumer = threading.Thread(target=read, name="inbound-consumer", daemon=True)
    consumer.start()

    def leave() -> None:
        stop.set()
        consumer.join(STOP_TIMEOUT)
        bus.close()

    health.add("inbound consumer", lambda: _check_consumer(consumer, waiting))
    atexit.register(leave)


def _check_consumer(consumer: threading.Thread, waiting: list[str]) -> None:
    if not consumer.is_alive():
        raise ConnectionError("the Kafka consumer has closed; the log says why")
    if waiting:
        raise ConnectionError(waiting[0])


def main() -> None:
    """Serve until SIGTERM."""
    settings = load(Settings)
    logs.configure(SERVICE, level=settings.log_level)
    serve_granian(
        "headwater.ingest_gateway.__main__:distributed",
        settings.host,
        settings.port,
        workers=settings.workers,
        threads=settings.threads,
        connection_seconds=settings.connection_seconds,
        service="ingest-gateway",
        log_level=settings.log_level,
    )


if __name__ == "__main__":
    main()
