"""One service of a distributed installation as a program: `python -m headwater.<service>`."""

from contextlib import closing

from headwater.bus.errors import Transient
from headwater.bus.port import Bus
from headwater.runtime import logs
from headwater.runtime.adapter_settings import Serving
from headwater.runtime.consuming import lag_meter
from headwater.runtime.distributed import bind
from headwater.runtime.heartbeat import Heartbeats
from headwater.runtime.host import RunningWorkers, compose, make_workers, prepare, web_app
from headwater.runtime.meter import Meter
from headwater.runtime.parts import Parts
from headwater.runtime.request_policy import policy_of
from headwater.runtime.serve import serve
from headwater.runtime.service import Service
from headwater.runtime.settings import SettingsError, load
from headwater.runtime.stop import StopSignal, install
from headwater.runtime.telemetry import Telemetry

JOIN_SECONDS = 30.0


def run(service: Service) -> int:
    """Serve and work until SIGTERM. Returns the exit code: 1 when a worker failed, so that it is started again.

    Raises SystemExit with one line when a setting is wrong, or when the database does not answer in time.
    """
    try:
        return _run(service)
    except (SettingsError, Transient) as error:
        raise SystemExit(f"{service.name} could not start: {error}") from None


def _run(service: Service) -> int:
    settings = load(service.settings)
    logs.configure(service.name, level=settings.log_level)
    if not isinstance(settings, Serving):
        raise TypeError(f"{service.name}: its settings must include Serving")
    stop = StopSignal()
    install(stop)
    with closing(prepare(service, settings, stop=stop)) as parts:
        compose(service, bind(service, settings, parts))
        app = web_app(service, parts, policy=policy_of(settings, service.name))
        running = RunningWorkers(stop)
        running.start(service.name, make_workers(service, parts), parts.get(Heartbeats))
        if service.consumes:
            lag = lag_meter(parts.get(Bus), parts.get(Telemetry), group=service.name, topics=service.consumes)
            Meter([lag.measure], stop=stop).start()
        if service.needs.graph == "write":
            _warm_up(service, parts)
        serve(app, settings.host, settings.port, threads=settings.threads, stop=stop, limits=settings)
        stop.set()
        running.join(JOIN_SECONDS)
    return 1 if running.failed else 0


def _warm_up(service: Service, parts: Parts) -> None:
    """Before the program calls itself ready; where the graph does not answer, readiness will say so."""
    from headwater.graph.errors import GraphUnavailable
    from headwater.graph.neo4j import Neo4jGraph
    from headwater.graph.port import GraphStore

    graph = parts.get(GraphStore)
    assert isinstance(graph, Neo4jGraph)
    try:
        graph.warm_up()
    except GraphUnavailable as error:
        logs.get_logger(service.name).warning("not_warmed_up", reason=str(error))
