"""Every worker of the embedded product in one process: lineage-writer, metrics-engine, alerting, auth."""

import sys
import threading
from collections.abc import Mapping

from headwater.bus.embedded import EmbeddedBus
from headwater.bus.topics import create_all
from headwater.contracts.storage import Damaged
from headwater.embedded.faults import EXIT_DAMAGED, Faults
from headwater.embedded.hosting import Process
from headwater.embedded.process import announce_set_up, inherited_listener, report, reporting_failure
from headwater.embedded.retention import keep_trimming
from headwater.embedded.services import CONSUMERS
from headwater.embedded.settings import Settings
from headwater.embedded.start import Report, decode_start
from headwater.embedded.status import serve_status
from headwater.runtime.hosting.heartbeat import Heartbeats
from headwater.runtime.hosting.host import RunningWorkers, compose, make_workers
from headwater.runtime.hosting.service import Service, Worker
from headwater.runtime.logs import lines as logs
from headwater.runtime.settings import load
from headwater.runtime.stop import StopSignal, install
from headwater.runtime.telemetry.health import Health
from headwater.runtime.telemetry.series import Telemetry
from headwater.runtime.web.application import create_web_app
from headwater.runtime.web.serve import calm_garbage_collector


def main() -> None:
    """Work until SIGTERM. A worker that fails ends the process with its reason; the supervisor starts it again.

    One that meets damage is reported and not restarted; the process ends when none is left.
    """
    options = decode_start(sys.argv[1])
    stop = StopSignal()
    install(stop)
    faults = Faults(options.data, "workers")

    def is_damage(service: str, error: Exception) -> bool:
        """Damage ends its worker alone: a restart would find it again."""
        if isinstance(error, Damaged):
            faults.report(service, error)
        return isinstance(error, Damaged)

    with reporting_failure(options, "workers"):
        logs.configure("workers", level=load(Settings).log_level)
        bus = EmbeddedBus(options.data.bus)
        create_all(bus, embedded=True)
        process = Process(options, bus, stop)
        hosted = {service.name: _workers(service, process, faults) for service in CONSUMERS}
        announce_set_up(options.data, options)
    health = Health()
    for name, (_, heartbeats) in hosted.items():
        health.add(name, heartbeats.check)
    metrics = Telemetry("workers", process.registry)
    status = create_web_app("workers", blueprints=[], health=health, metrics=metrics, verifier=None)
    with inherited_listener(options.status) as listener:
        end_status = serve_status(status, listener)
    running = RunningWorkers(stop, tolerate=is_damage)
    calm_garbage_collector()
    for name, (workers, heartbeats) in hosted.items():
        running.start(name, workers, heartbeats)
    # Not joined: it must not keep a process alive whose workers have all stopped.
    threading.Thread(target=keep_trimming, args=(bus, stop, metrics), name="retention", daemon=True).start()
    report(options.report, Report(ready=True))
    running.join()
    end_status()
    bus.close()
    sys.exit(1 if running.failed else 0 if stop.is_set() else EXIT_DAMAGED)


def _workers(service: Service, process: Process, faults: Faults) -> tuple[Mapping[str, Worker], Heartbeats]:
    """The workers of a service; none when its files are damaged, which is reported."""
    try:
        parts = compose(service, process.bind(service))
        return make_workers(service, parts), parts.get(Heartbeats)
    except Damaged as damage:
        faults.report(service.name, damage)
        return {}, Heartbeats()
