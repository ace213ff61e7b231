"""Every consumer of the embedded product in one process: lineage-writer, metrics-engine, alerting."""

import sys
import threading
from collections.abc import Callable

from headwater.alerting import app as alerting
from headwater.alerting.settings import Settings as AlertingSettings
from headwater.auth.database import migrate
from headwater.bus.embedded import EmbeddedBus
from headwater.bus.topics import create_all
from headwater.contracts.storage import Damaged
from headwater.embedded.data_dir import DataDir
from headwater.embedded.faults import EXIT_DAMAGED, Faults
from headwater.embedded.limits import Limits
from headwater.embedded.parts import require_present
from headwater.embedded.process import announce_set_up, report, reporting_failure
from headwater.embedded.start import Report, StartOptions, decode_start
from headwater.graph.embedded import EmbeddedGraph
from headwater.lineage_writer import app as lineage_writer
from headwater.lineage_writer.settings import Settings as WriterSettings
from headwater.metrics_engine import app as metrics_engine
from headwater.metrics_engine.settings import Settings as EngineSettings
from headwater.runtime import logs
from headwater.runtime.serve import calm_garbage_collector
from headwater.runtime.settings import Secret, load
from headwater.runtime.stop import StopSignal, install
from headwater.runtime.telemetry import Telemetry

Loops = dict[str, Callable[[], None]]
BATCH_RECORDS = 4_000  # under backlog: each page of the graph that a batch touches is then written less often


def main() -> None:
    """Consume until SIGTERM. A consumer that fails ends the process with its reason; the supervisor starts it again.

    One that meets damage is reported and stays down; the process ends when none is left.
    """
    options = decode_start(sys.argv[1])
    logs.configure("workers", level="INFO")
    stop = StopSignal()
    install(stop)
    faults = Faults(options.data, "workers")
    with reporting_failure(options, "workers"):
        bus = EmbeddedBus(options.data.bus)
        create_all(bus, embedded=True)
        loops = _compose(options, bus, stop, faults)
        announce_set_up(options.data, options)
    failures: list[str] = []
    threads = [
        threading.Thread(target=_guarded, args=(name, run, stop, failures, faults)) for name, run in loops.items()
    ]
    calm_garbage_collector()
    for thread in threads:
        thread.start()
    report(options.report, Report(ready=True))
    for thread in threads:
        thread.join()
    bus.close()
    sys.exit(1 if failures else 0 if stop.is_set() else EXIT_DAMAGED)


def _compose(options: StartOptions, bus: EmbeddedBus, stop: StopSignal, faults: Faults) -> Loops:
    """All loops but those whose files are damaged, which are reported."""
    loops: Loops = {}
    for name, make in MAKERS.items():
        try:
            loops |= make(options.data, bus, stop, Telemetry("workers"))
        except Damaged as damage:
            faults.report(name, damage)
    return loops


def _accounts(data: DataDir, bus: EmbeddedBus, stop: StopSignal, metrics: Telemetry) -> Loops:
    """The front serves auth, but loads faster when it need not migrate."""
    require_present(data, "auth")
    migrate(data.database_url("auth"))
    return {}


def _lineage_writer(data: DataDir, bus: EmbeddedBus, stop: StopSignal, metrics: Telemetry) -> Loops:
    graph = EmbeddedGraph(data.graph)
    graph.ensure_schema()
    settings = WriterSettings(batch_records=BATCH_RECORDS, dead_letter_limit=load(Limits).dead_letter_limit)
    writer = lineage_writer.create_consumer(settings, bus=bus, graph=graph, stop=stop, metrics=metrics)
    return {"lineage-writer": writer.run}


def _metrics_engine(data: DataDir, bus: EmbeddedBus, stop: StopSignal, metrics: Telemetry) -> Loops:
    require_present(data, "metrics")
    limit = load(Limits).dead_letter_limit
    settings = EngineSettings(database_url=Secret(data.database_url("metrics")), dead_letter_limit=limit)
    store = metrics_engine.open_store(settings)
    engine = metrics_engine.create_consumer(settings, bus=bus, store=store, stop=stop, metrics=metrics)
    return {"metrics-engine": engine.run}


def _alerting(data: DataDir, bus: EmbeddedBus, stop: StopSignal, metrics: Telemetry) -> Loops:
    require_present(data, "alerting")
    limit = load(Limits).dead_letter_limit
    settings = AlertingSettings(database_url=Secret(data.database_url("alerting")), dead_letter_limit=limit)
    store = alerting.open_store(settings)
    workers = alerting.create_workers(settings, bus=bus, store=store, stop=stop, metrics=metrics)
    return {f"alerting-{name}": work for name, work in workers.items()}


MAKERS: dict[str, Callable[[DataDir, EmbeddedBus, StopSignal, Telemetry], Loops]] = {
    "auth": _accounts,
    "lineage-writer": _lineage_writer,
    "metrics-engine": _metrics_engine,
    "alerting": _alerting,
}


def _guarded(name: str, run: Callable[[], None], stop: StopSignal, failures: list[str], faults: Faults) -> None:
    """Damage ends this loop alone: a restart would find it again. Anything else ends the process."""
    try:
        run()
    except Damaged as damage:
        faults.report(name, damage)
        return
    except Exception as error:
        logs.get_logger(name).exception("consumer_failed", exc_info=error)
        failures.append(name)
    stop.set()


if __name__ == "__main__":
    main()
