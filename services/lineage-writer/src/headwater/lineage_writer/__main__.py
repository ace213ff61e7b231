"""Entry point of the lineage-writer: `python -m headwater.lineage_writer`."""

import threading

from headwater.bus.kafka import KafkaBus
from headwater.graph.errors import GraphUnavailable
from headwater.graph.neo4j import Neo4jGraph
from headwater.lineage_writer.app import create_app, create_consumer
from headwater.lineage_writer.settings import Settings
from headwater.runtime import logs
from headwater.runtime.health import Health
from headwater.runtime.serve import serve
from headwater.runtime.settings import load
from headwater.runtime.stop import StopSignal, install
from headwater.runtime.telemetry import Telemetry


def main() -> None:
    """Write until SIGTERM; a writer that fails ends the program with its reason."""
    settings = load(Settings)
    logs.configure("lineage-writer", level=settings.log_level)
    stop = StopSignal()
    install(stop)
    metrics, health = Telemetry("lineage-writer"), Health()
    bus = KafkaBus(settings.kafka_bootstrap, client_id="lineage-writer")
    graph = Neo4jGraph(settings.neo4j_uri, settings.neo4j_user, settings.neo4j_password.reveal())
    app = create_app(settings, bus=bus, graph=graph, health=health, metrics=metrics)
    writer = create_consumer(settings, bus=bus, graph=graph, stop=stop, metrics=metrics, health=health)
    failures: list[BaseException] = []

    def write() -> None:
        try:
            writer.run()
        except Exception as error:
            logs.get_logger("writer").exception("writer_failed", exc_info=error)
            failures.append(error)
        finally:
            stop.set()

    consumer = threading.Thread(target=write, name="writer")
    consumer.start()
    _warm_up(graph)
    serve(app, settings.host, settings.port, threads=2, stop=stop, limits=settings)
    consumer.join()
    bus.close()
    graph.close()
    if failures:
        raise SystemExit(1)


def _warm_up(graph: Neo4jGraph) -> None:
    """Before this program calls itself ready; where Neo4j is away, readiness will say so."""
    try:
        graph.warm_up()
    except GraphUnavailable as error:
        logs.get_logger("writer").warning("not_warmed_up", reason=str(error))


if __name__ == "__main__":
    main()
