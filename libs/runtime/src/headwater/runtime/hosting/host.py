"""Hosts services: checks that their needs are bound, creates their applications, runs their workers.

Embedded mode, distributed mode and tests bind different adapters to the same needs; nothing else differs.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import flask
from prometheus_client import CollectorRegistry

from headwater.bus.errors import UnknownTopic
from headwater.runtime.clock import SYSTEM_CLOCK, Clock
from headwater.runtime.hosting.auditing import AuditSink, Refusals
from headwater.runtime.hosting.heartbeat import Heartbeats
from headwater.runtime.hosting.parts import MissingPart, Parts
from headwater.runtime.hosting.periodic import Ledger, MemoryLedger, Scheduler
from headwater.runtime.hosting.service import Needs, Service, Work, Worker
from headwater.runtime.identity.verifier import Verifier
from headwater.runtime.logs.lines import get_logger
from headwater.runtime.settings import ServiceSettings
from headwater.runtime.stop import StopSignal
from headwater.runtime.telemetry.health import Health
from headwater.runtime.telemetry.series import Kind, Telemetry
from headwater.runtime.web.answers import problem_answer
from headwater.runtime.web.application import create_web_app, request_id
from headwater.runtime.web.problem import Problem
from headwater.runtime.web.request_policy import RequestPolicy
from headwater.runtime.web.routes import blueprint

SCHEDULER = "periodic tasks"
TOPIC_SECONDS = 2.0


def prepare(
    service: Service,
    settings: ServiceSettings,
    *,
    stop: StopSignal | None = None,
    clock: Callable[[], int] = SYSTEM_CLOCK,
    registry: CollectorRegistry | None = None,
) -> Parts:
    """The parts that every service has, whatever it needs; adapters are bound to them next.

    registry: of the series of all services in this process; None creates one.
    """
    parts = Parts()
    parts.add(service.settings, settings)
    parts.add(StopSignal, stop or StopSignal())
    parts.add(Clock, clock)
    metrics = parts.add(Telemetry, Telemetry(service.name, registry))
    for series in service.series:
        if series.kind is not Kind.GAUGE:  # gauges have no value before they are measured
            metrics.start(series)
    parts.add(Health, Health())
    parts.add(Heartbeats, Heartbeats())
    return parts


def compose(service: Service, parts: Parts) -> Parts:
    """Let a service add its own parts to those that were bound. Raises MissingPart when a need is not bound.

    Must be bound before: what `prepare` adds, and for each need an adapter whose check has the name of the need. Only
    views need `identity`: see `web_app`.
    """
    missing = [need for need in checked_needs(service.needs) if need not in parts.checks]
    if missing:
        raise MissingPart(f"{service.name} needs {', '.join(missing)}, and nothing with a check of that name was bound")
    service.compose(parts)
    return parts


def checked_needs(needs: Needs) -> list[str]:
    """The dependencies that readiness checks through their adapters, by name."""
    found = [("bus", needs.bus), ("graph", needs.graph is not None), ("database", needs.database is not None)]
    return [name for name, needed in found if needed]


def web_app(service: Service, parts: Parts, *, policy: RequestPolicy | None = None) -> flask.Flask:
    """The application of a composed service, with health derived from the checks of its parts.

    Without Heartbeats the workers run in another program, which reports their health.
    policy: the host names it accepts; see `create_web_app`.
    Raises MissingPart when the service checks credentials and no Verifier was added.
    """
    verifier = parts.get(Verifier) if service.needs.identity or Verifier in parts else None
    health = parts.get(Health)
    for name, check in parts.checks.items():
        health.add(name, check)
    if Heartbeats in parts and (service.workers or service.periodic):
        health.add("workers", parts.get(Heartbeats).check)
    app = create_web_app(
        service.name,
        blueprints=[blueprint(service.name, service.routes, parts)],
        direct=service.direct(parts),
        health=health,
        metrics=parts.get(Telemetry),
        verifier=verifier,
        policy=policy,
        refusals=_refusals(service, parts),
    )
    for kind, problem in service.errors.items():
        app.register_error_handler(kind, _answering(problem))
    return app


def _refusals(service: Service, parts: Parts) -> Refusals | None:
    """Those that the service created itself, or those that use its audit sink."""
    if service.needs.audit:
        return Refusals(service.name, parts.get(AuditSink).note, clock=parts.get(Clock))
    return parts.get(Refusals) if Refusals in parts else None


def _answering(problem: Callable[[Any], Problem]) -> Callable[[Exception], flask.Response]:
    return lambda error: problem_answer(problem(error), request_id())


def works(service: Service) -> Sequence[Work]:
    """Factories of the workers of a service, including the scheduler of its periodic tasks."""
    return [*service.workers, Work(SCHEDULER, partial(_scheduler, service))] if service.periodic else service.workers


def make_workers(service: Service, parts: Parts) -> Mapping[str, Worker]:
    """The workers of a composed service by name, without those that it does not need."""
    return {work.name: worker for work in works(service) if (worker := work.make(parts)) is not None}


def _ledger(service: Service, parts: Parts) -> Ledger:
    """In the service's own database where it has one: its instances share it."""
    if service.needs.database is None:
        return MemoryLedger()
    import sqlalchemy as sa  # services without a database do not install it

    from headwater.runtime.hosting.periodic_table import DatabaseLedger

    return DatabaseLedger(parts.get(sa.Engine))


def _scheduler(service: Service, parts: Parts) -> Scheduler:
    return Scheduler(
        service.periodic,
        parts,
        _ledger(service, parts),
        parts.get(Telemetry),
        stop=parts.get(StopSignal),
        clock=parts.get(Clock),
        beat=parts.get(Heartbeats).of(SCHEDULER),
    )


def waiting_workers(service: Service, parts: Parts) -> Mapping[str, Worker]:
    """As `make_workers`, but each waits for topics that do not exist yet; readiness names them meanwhile."""
    waiting = [WaitingWorker(service, work, parts) for work in works(service)]

    def check() -> None:
        for worker in waiting:
            worker.check()

    parts.get(Health).add("topics", check)
    return {worker.work.name: worker for worker in waiting if worker.needed}


class WaitingWorker:
    """A worker that is recreated every few seconds as long as it raises UnknownTopic."""

    def __init__(self, service: Service, work: Work, parts: Parts) -> None:
        self.work, self._service, self._parts = work, service, parts
        self._missing = ""
        self._made: Worker | None = None
        self._make()

    @property
    def needed(self) -> bool:
        return self._made is not None or bool(self._missing)

    def check(self) -> None:
        """Raises ConnectionError naming the topic that is missing."""
        if self._missing:
            raise ConnectionError(self._missing)

    def run(self) -> None:
        stop = self._parts.get(StopSignal)
        while not stop.is_set():
            try:
                if self._made is not None:
                    self._made.run()
                    return
            except UnknownTopic as error:
                self._wait_for(error)
            stop.wait(TOPIC_SECONDS)
            self._make()

    def _make(self) -> None:
        try:
            self._made, self._missing = self.work.make(self._parts), ""
        except UnknownTopic as error:
            self._wait_for(error)

    def _wait_for(self, error: UnknownTopic) -> None:
        self._made, self._missing = None, str(error)
        get_logger(self._service.name).warning("waits_for_topic", worker=self.work.name, reason=str(error))


class RunningWorkers:
    """Workers on threads of their own. One that fails sets the stop signal: a restart is better than a partial service.

    tolerate: called with the name of the service and what its worker raised; True leaves all others running.
    """

    def __init__(
        self, stop: StopSignal, *, tolerate: Callable[[str, Exception], bool] = lambda service, error: False
    ) -> None:
        self._stop, self._tolerate = stop, tolerate
        self._threads: list[threading.Thread] = []
        self.failed: list[str] = []

    def start(self, service: str, workers: Mapping[str, Worker], heartbeats: Heartbeats) -> None:
        """Start the workers of a service; no heartbeat is expected from one that has ended."""
        for name, worker in workers.items():
            arguments = (service, name, worker, heartbeats)
            thread = threading.Thread(target=self._run, args=arguments, name=name, daemon=True)
            self._threads.append(thread)
            thread.start()

    def join(self, timeout: float | None = None) -> None:
        """Wait until all have returned, at most `timeout` seconds for each."""
        for thread in self._threads:
            thread.join(timeout)

    def _run(self, service: str, name: str, worker: Worker, heartbeats: Heartbeats) -> None:
        try:
            worker.run()
        except Exception as error:
            if self._tolerate(service, error):
                return
            self.failed.append(f"{service} {name}")
            get_logger(service).exception("worker_failed", worker=name, exc_info=error)
        finally:
            heartbeats.ended(name)
        self._stop.set()
