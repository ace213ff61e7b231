"""Every consumer of the embedded product in one process: lineage-writer, metrics-engine, alerting."""

import sys
import threading
from collections.abc import Callable

from headwater.alerting import app as alerting
from headwater.alerting.settings import Settings as AlertingSettings
from headwater.auth.database import migrate
from headwater.bus.embedded import EmbeddedBus
from headwater.bus.topics import create_all
from headwater.embedded.limits import Limits
from headwater.embedded.plan import Plan, Report, decode_plan
from headwater.embedded.process import announce_set_up, report, reporting_failure
from headwater.graph.embedded import EmbeddedGraph
from headwater.lineage_writer import app as lineage_writer
from headwater.lineage_writer.settings import Settings as WriterSettings
from headwater.metrics_engine import app as metrics_engine
from headwater.metrics_engine.settings import Settings as EngineSettings
from headwater.runtime import logs
from headwater.runtime.metrics import Metrics
from headwater.runtime.serve import calm_garbage_collector
from headwater.runtime.settings import Secret, load
from headwater.runtime.stop import StopSignal, install

BATCH_RECORDS = 4_000  # under backlog: each page of the graph that a batch touches is then written less often


def main() -> None:
    """Consume until SIGTERM. A consumer that fails ends the process with its reason; the supervisor starts it again."""
    plan = decode_plan(sys.argv[1])
    logs.configure("workers", level="INFO")
    stop = StopSignal()
    install(stop)
    with reporting_failure(plan, "workers"):
        bus = EmbeddedBus(plan.data.bus)
        create_all(bus, embedded=True)
        migrate(plan.data.database_url("auth"))  # the front serves auth, but loads faster when it need not migrate
        loops = _compose(plan, bus, stop)
        announce_set_up(plan.data, plan)
    failures: list[str] = []
    threads = [threading.Thread(target=_guarded, args=(name, run, stop, failures)) for name, run in loops.items()]
    calm_garbage_collector()
    for thread in threads:
        thread.start()
    report(plan.report, Report(ready=True))
    for thread in threads:
        thread.join()
    bus.close()
    sys.exit(1 if failures else 0)


def _compose(plan: Plan, bus: EmbeddedBus, stop: StopSignal) -> dict[str, Callable[[], None]]:
    data, metrics = plan.data, Metrics("workers")
    graph = EmbeddedGraph(data.graph)
    graph.ensure_schema()
    limit = load(Limits).dead_letter_limit
    engine_settings = EngineSettings(database_url=Secret(data.database_url("metrics")), dead_letter_limit=limit)
    alerting_settings = AlertingSettings(database_url=Secret(data.database_url("alerting")), dead_letter_limit=limit)
    writer_settings = WriterSettings(batch_records=BATCH_RECORDS, dead_letter_limit=limit)
    writer = lineage_writer.create_consumer(writer_settings, bus=bus, graph=graph, stop=stop, metrics=metrics)
    engine = metrics_engine.create_consumer(
        engine_settings, bus=bus, store=metrics_engine.open_store(engine_settings), stop=stop, metrics=metrics
    )
    alerts = alerting.create_workers(
        alerting_settings, bus=bus, store=alerting.open_store(alerting_settings), stop=stop, metrics=metrics
    )
    return {
        "lineage-writer": writer.run,
        "metrics-engine": engine.run,
        **{f"alerting-{name}": work for name, work in alerts.items()},
    }


def _guarded(name: str, run: Callable[[], None], stop: StopSignal, failures: list[str]) -> None:
    try:
        run()
    except Exception as error:
        logs.get_logger(name).exception("consumer_failed", exc_info=error)
        failures.append(name)
    finally:
        stop.set()


if __name__ == "__main__":
    main()
