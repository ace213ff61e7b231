"""Entry point of the lineage-writer: `python -m headwater.lineage_writer`."""

from headwater.bus.kafka import KafkaBus
from headwater.bus.port import Bus
from headwater.graph.errors import GraphUnavailable
from headwater.graph.neo4j import Neo4jGraph
from headwater.graph.port import GraphStore
from headwater.lineage_writer.service import SERVICE
from headwater.lineage_writer.settings import Settings
from headwater.runtime import logs
from headwater.runtime.clock import SYSTEM_CLOCK, Clock
from headwater.runtime.health import Health
from headwater.runtime.heartbeat import Heartbeats
from headwater.runtime.host import RunningWorkers, compose, make_workers, web_app
from headwater.runtime.parts import Parts
from headwater.runtime.request_policy import policy_of
from headwater.runtime.serve import serve
from headwater.runtime.settings import load
from headwater.runtime.stop import StopSignal, install
from headwater.runtime.telemetry import Telemetry


def main() -> None:
    """Write until SIGTERM; a writer that fails ends the program with its reason."""
    settings = load(Settings)
    logs.configure(SERVICE.name, level=settings.log_level)
    parts, stop = Parts(), StopSignal()
    install(stop)
    parts.add(Settings, settings)
    parts.add(StopSignal, stop)
    parts.add(Clock, SYSTEM_CLOCK)
    parts.add(Telemetry, Telemetry(SERVICE.name))
    parts.add(Health, Health())
    parts.add(Heartbeats, Heartbeats())
    bus = KafkaBus(settings.kafka_bootstrap, client_id=SERVICE.name)
    parts.add(Bus, bus, check=("bus", bus.check), close=bus.close)
    graph = Neo4jGraph(settings.neo4j_uri, settings.neo4j_user, settings.neo4j_password.reveal())
    parts.add(GraphStore, graph, check=("graph", graph.check), close=graph.close)
    app = web_app(SERVICE, compose(SERVICE, parts), policy=policy_of(settings, SERVICE.name))
    running = RunningWorkers(stop)
    running.start(SERVICE.name, make_workers(SERVICE, parts))
    _warm_up(graph)
    serve(app, settings.host, settings.port, threads=2, stop=stop, limits=settings)
    running.join()
    parts.close()
    if running.failed:
        raise SystemExit(1)


def _warm_up(graph: Neo4jGraph) -> None:
    """Before this program calls itself ready; where Neo4j is away, readiness will say so."""
    try:
        graph.warm_up()
    except GraphUnavailable as error:
        logs.get_logger("writer").warning("not_warmed_up", reason=str(error))


if __name__ == "__main__":
    main()
