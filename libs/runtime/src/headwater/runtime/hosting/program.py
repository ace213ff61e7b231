"""One service of a distributed installation as a program: `python -m headwater.<service>`."""

import atexit
import os
import signal
import threading
from collections.abc import Callable
from contextlib import closing
from functools import partial
from typing import Any

import flask

from headwater.bus.errors import Transient
from headwater.bus.port import Bus
from headwater.runtime.hosting.adapter_settings import Listening, Serving
from headwater.runtime.hosting.consuming import lag_meter
from headwater.runtime.hosting.distributed import bind
from headwater.runtime.hosting.heartbeat import Heartbeats
from headwater.runtime.hosting.host import RunningWorkers, compose, prepare, waiting_workers, web_app
from headwater.runtime.hosting.parts import Parts
from headwater.runtime.hosting.service import Service
from headwater.runtime.logs import lines as logs
from headwater.runtime.settings import SettingsError, load
from headwater.runtime.stop import StopSignal, install
from headwater.runtime.telemetry.meter import Meter
from headwater.runtime.telemetry.series import Telemetry
from headwater.runtime.web.limits import ProxiedLimits
from headwater.runtime.web.request_policy import WebSettings, policy_of
from headwater.runtime.web.serve import calm_garbage_collector, serve, serve_granian

JOIN_SECONDS = 30.0
PROXIED_JOIN_SECONDS = 8.0
"""Granian ends a worker process that takes longer."""


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
    if not isinstance(settings, Serving):
        raise TypeError(f"{service.name}: its settings must include Serving")
    logs.configure(service.name, level=settings.log_level)
    stop = StopSignal()
    install(stop)
    with closing(prepare(service, settings, stop=stop)) as parts:
        app, running = host(service, parts)
        if service.needs.graph == "write":
            _warm_up(service, parts)
        serve(app, settings.host, settings.port, threads=settings.threads, stop=stop, limits=settings)
        stop.set()
        running.join(JOIN_SECONDS)
    return 1 if running.failed else 0


def host(service: Service, parts: Parts) -> tuple[flask.Flask, RunningWorkers]:
    """The application of a service on the adapters of its needs, and its workers, at work.

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


def run_proxied(
    service: Service,
    application: str,
    *,
    processes: Callable[[Any], int] = lambda settings: 1,
    first: Callable[[Any, StopSignal], None] = lambda settings, stop: None,
) -> None:
    """Serve behind a proxy, from worker processes, until SIGTERM.

    application: `module:factory` of what returns `proxied(service)`. processes: how many, by the settings. first:
    called with the settings, before any process serves; it gives up what it waits for when the stop signal is set.
    Raises SystemExit with one line as `run` does.
    """
    try:
        settings = load(service.settings)
        logs.configure(service.name, level=settings.log_level)
        _interruptible(first, settings)
    except (SettingsError, Transient) as error:
        raise SystemExit(f"{service.name} could not start: {error}") from None
    if not isinstance(settings, ProxiedLimits) or not isinstance(settings, Listening):
        raise TypeError(f"{service.name}: its settings must include ProxiedLimits and Listening")
    serve_granian(
        application,
        settings.host,
        settings.port,
        workers=processes(settings),
        threads=settings.threads,
        connection_seconds=settings.connection_seconds,
        service=service.name,
        log_level=settings.log_level,
    )


def _interruptible(first: Callable[[Any, StopSignal], None], settings: Any) -> None:
    """Call `first`, then leave signals to the server. Raises SystemExit when one has come meanwhile."""
    stop = StopSignal()
    install(stop)
    first(settings, stop)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    if stop.is_set():
        raise SystemExit(0)


def proxied(service: Service) -> flask.Flask:
    """The application of a service in one of its worker processes, which calls this once; its workers run beside it.

    A worker that fails ends the process, and the program starts another.
    """
    settings = load(service.settings)
    logs.configure(service.name, level=settings.log_level)
    stop = StopSignal()
    parts = prepare(service, settings, stop=stop)
    app, running = host(service, parts)
    threading.Thread(target=partial(_end_with, running, stop), name="workers", daemon=True).start()

    def leave() -> None:
        stop.set()
        running.join(PROXIED_JOIN_SECONDS)
        parts.close()

    atexit.register(leave)
    calm_garbage_collector()
    return app


def _end_with(running: RunningWorkers, stop: StopSignal) -> None:
    """Half a service is worse than a restart."""
    stop.wait()
    if running.failed:
        os.kill(os.getpid(), signal.SIGTERM)


def _warm_up(service: Service, parts: Parts) -> None:
    """Before the program calls itself ready; where the graph does not answer, readiness will say so."""
    from headwater.graph.errors import GraphError
    from headwater.graph.neo4j import Neo4jGraph
    from headwater.graph.port import GraphStore

    graph = parts.get(GraphStore)
    assert isinstance(graph, Neo4jGraph)
    try:
        graph.warm_up()
    except GraphError as error:  # on a busy machine it may take longer than a transaction may
        logs.get_logger(service.name).warning("not_warmed_up", reason=str(error))
