"""One service of a distributed installation as a program: `python -m headwater.<service>`."""

import sys
from collections.abc import Callable
from contextlib import closing
from typing import Any

import flask

from headwater.bus.errors import Transient
from headwater.bus.port import Bus
from headwater.runtime.hosting.adapter_settings import Serving
from headwater.runtime.hosting.consuming import lag_meter
from headwater.runtime.hosting.distributed import bind
from headwater.runtime.hosting.heartbeat import Heartbeats
from headwater.runtime.hosting.host import RunningWorkers, compose, prepare, waiting_workers, web_app
from headwater.runtime.hosting.parts import Parts
from headwater.runtime.hosting.service import Service
from headwater.runtime.logs import lines as logs
from headwater.runtime.logs.queue import QueuedStream
from headwater.runtime.settings import SettingsError, load
from headwater.runtime.stop import StopSignal, install
from headwater.runtime.telemetry.meter import Meter
from headwater.runtime.telemetry.series import Telemetry
from headwater.runtime.web.application import direct_routes
from headwater.runtime.web.request_policy import WebSettings, policy_of
from headwater.runtime.web.serve import serve

JOIN_SECONDS = 30.0


def run(service: Service, *, first: Callable[[Any, StopSignal], None] = lambda settings, stop: None) -> int:
    """Serve and work until SIGTERM. Returns the exit code: 1 when a worker failed, so that it is started again.

    first: called with the settings, before anything is served; it stops waiting when the stop signal is set. Raises
    SystemExit with one line when a setting is wrong, or when the database does not answer in time.
    """
    try:
        return _run(service, first)
    except (SettingsError, Transient) as error:
        raise SystemExit(f"{service.name} could not start: {error}") from None


def _run(service: Service, first: Callable[[Any, StopSignal], None]) -> int:
    settings = load(service.settings)
    if not isinstance(settings, Serving):
        raise TypeError(f"{service.name}: its settings must include Serving")
    logs.configure(service.name, level=settings.log_level, stream=QueuedStream(sys.stdout))
    stop = StopSignal()
    install(stop)
    first(settings, stop)
    if stop.is_set():
        return 0
    with closing(prepare(service, settings, stop=stop)) as parts:
        app, running = host(service, parts)
        if service.needs.graph == "write":
            _warm_up(service, parts)
        serve(
            app,
            settings.host,
            settings.port,
            threads=settings.threads,
            stop=stop,
            limits=settings,
            direct=direct_routes(app),
            may_block=True,  # Kafka's client waits for brokers and buffer space
        )
        stop.set()
        running.join(JOIN_SECONDS)
    return 1 if running.failed else 0


def host(service: Service, parts: Parts) -> tuple[flask.Flask, RunningWorkers]:
    """The application of a service on the adapters of its needs, and its running workers.

    Raises SettingsError when a need lacks its setting, Transient when the database does not answer in time.
    """
    settings = parts.get(service.settings)
    assert isinstance(settings, WebSettings)
    compose(service, bind(service, settings, parts))
    app = web_app(service, parts, policy=policy_of(settings, service.name))
    running = RunningWorkers(parts.get(StopSignal))
    running.start(service.name, waiting_workers(service, parts), parts.get(Heartbeats))
    if topics := service.topics_read(settings):
        lag = lag_meter(parts.get(Bus), parts.get(Telemetry), group=service.name, topics=topics)
        Meter([lag.measure], stop=parts.get(StopSignal)).start()
    return app, running


def _warm_up(service: Service, parts: Parts) -> None:
    """Before the program reports ready; a graph that does not answer shows in readiness."""
    from headwater.graph.errors import GraphError
    from headwater.graph.neo4j import Neo4jGraph
    from headwater.graph.port import GraphStore

    graph = parts.get(GraphStore)
    assert isinstance(graph, Neo4jGraph)
    try:
        graph.warm_up()
    except GraphError as error:  # on a busy machine it may exceed the time limit of a transaction
        logs.get_logger(service.name).warning("not_warmed_up", reason=str(error))
