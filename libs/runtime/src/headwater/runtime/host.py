"""Hosts services: checks that what they need is bound, makes their applications, runs their workers.

Embedded, distributed and tests bind other adapters to the same needs; nothing else differs.
"""

import threading
from collections.abc import Mapping

import flask

from headwater.runtime.clock import Clock
from headwater.runtime.health import Health
from headwater.runtime.heartbeat import Heartbeats
from headwater.runtime.identity import Verifier
from headwater.runtime.logs import get_logger
from headwater.runtime.parts import MissingPart, Parts
from headwater.runtime.periodic import Ledger, MemoryLedger, Scheduler
from headwater.runtime.request_policy import RequestPolicy
from headwater.runtime.routes import blueprint
from headwater.runtime.service import Needs, Service, Worker
from headwater.runtime.stop import StopSignal
from headwater.runtime.telemetry import Telemetry
from headwater.runtime.web import create_web_app

SCHEDULER = "periodic tasks"


def compose(service: Service, parts: Parts) -> Parts:
    """Let a service add its own parts to those that were bound. Raises MissingPart when a need is not bound.

    Bound before: its settings, Telemetry, Health, StopSignal, Clock, Heartbeats, and for each need an adapter whose
    check is named like the need.
    """
    missing = [need for need in checked_needs(service.needs) if need not in parts.checks]
    if missing:
        raise MissingPart(f"{service.name} needs {', '.join(missing)}, and nothing with a check of that name was bound")
    service.compose(parts)
    return parts


def checked_needs(needs: Needs) -> list[str]:
    """The dependencies that readiness asks for, by name."""
    found = [
        ("bus", needs.bus),
        ("graph", needs.graph is not None),
        ("database", needs.database is not None),
        ("identity", needs.identity),
    ]
    return [name for name, needed in found if needed]


def web_app(service: Service, parts: Parts, *, policy: RequestPolicy | None = None) -> flask.Flask:
    """The application of a composed service, with health derived from the checks of its parts.

    policy: by which names it may be called; see `create_web_app`.
    """
    health = parts.get(Health)
    for name, check in parts.checks.items():
        health.add(name, check)
    if service.workers or service.periodic:
        health.add("workers", parts.get(Heartbeats).check)
    return create_web_app(
        service.name,
        blueprints=[blueprint(service.name, service.routes, parts)],
        health=health,
        metrics=parts.get(Telemetry),
        verifier=parts.get(Verifier) if service.needs.identity else None,
        policy=policy,
    )


def make_workers(service: Service, parts: Parts) -> Mapping[str, Worker]:
    """The workers of a composed service by name, the scheduler of its periodic tasks included."""
    made = {work.name: worker for work in service.workers if (worker := work.make(parts)) is not None}
    if service.periodic:
        ledger = parts.get(Ledger) if Ledger in parts else MemoryLedger()
        made[SCHEDULER] = Scheduler(
            service.periodic,
            parts,
            ledger,
            parts.get(Telemetry),
            stop=parts.get(StopSignal),
            clock=parts.get(Clock),
            beat=parts.get(Heartbeats).of(SCHEDULER),
        )
    return made


class RunningWorkers:
    """Workers on threads of their own. One that fails sets the stop signal: half a service is worse than a restart."""

    def __init__(self, stop: StopSignal) -> None:
        self._stop = stop
        self._threads: list[threading.Thread] = []
        self.failed: list[str] = []

    def start(self, service: str, workers: Mapping[str, Worker]) -> None:
        for name, worker in workers.items():
            thread = threading.Thread(target=self._run, args=(service, name, worker), name=name, daemon=True)
            self._threads.append(thread)
            thread.start()

    def join(self, timeout: float | None = None) -> None:
        """Wait until all have returned, `timeout` seconds for each at most."""
        for thread in self._threads:
            thread.join(timeout)

    def _run(self, service: str, name: str, worker: Worker) -> None:
        try:
            worker.run()
        except Exception as error:
            self.failed.append(f"{service} {name}")
            get_logger(service).exception("worker_failed", worker=name, exc_info=error)
        finally:
            self._stop.set()
