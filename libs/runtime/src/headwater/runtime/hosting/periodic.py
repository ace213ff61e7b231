"""Runs the periodic tasks of services: one task at a time, in only one of several instances of a service."""

import time
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from headwater.contracts.times import utc_now
from headwater.runtime.hosting.parts import Parts
from headwater.runtime.hosting.service import Periodic
from headwater.runtime.logs.lines import get_logger
from headwater.runtime.stop import StopSignal
from headwater.runtime.telemetry import series as telemetry
from headwater.runtime.telemetry.series import Telemetry

LOOK_SECONDS = 1.0
ASK_AGAIN_SECONDS = 10
"""When the ledger is asked again for a task that another instance has begun, or after it failed."""
SECOND = 1_000_000


class LastRun(NamedTuple):
    """Times in microseconds UTC; `result`: ok or failed."""

    task: str
    started_at: int
    ended_at: int
    result: str
    detail: str


class Ledger(Protocol):
    """The last runs of tasks, shared by the instances of a service."""

    def begin(self, task: str, *, now: int, due_before: int) -> bool:
        """Claim the task if it last began at or before `due_before`; at most one caller gets True."""
        ...

    def end(self, run: LastRun) -> None: ...

    def runs(self) -> list[LastRun]:
        """The last completed run of each task."""
        ...


class MemoryLedger:
    """For a service of one instance: in memory, so tasks run at each start."""

    def __init__(self) -> None:
        self._begun: dict[str, int] = {}
        self._ended: dict[str, LastRun] = {}

    def begin(self, task: str, *, now: int, due_before: int) -> bool:
        if self._begun.get(task, due_before) > due_before:
            return False
        self._begun[task] = now
        return True

    def end(self, run: LastRun) -> None:
        self._ended[run.task] = run

    def runs(self) -> list[LastRun]:
        return list(self._ended.values())


class Scheduler:
    """A worker: checks every second which task is due. A task that fails is logged and runs again when it is due. While
    the ledger fails no task begins, because another instance may be running it.
    """

    def __init__(
        self,
        tasks: Sequence[Periodic],
        parts: Parts,
        ledger: Ledger,
        metrics: Telemetry,
        *,
        stop: StopSignal,
        clock: Callable[[], int] = utc_now,
        beat: Callable[[], None] = lambda: None,
    ) -> None:
        self._tasks, self._parts, self._ledger, self._metrics = tasks, parts, ledger, metrics
        self._stop, self._clock, self._beat = stop, clock, beat
        self._asks_at: dict[str, int] = {}
        metrics.start(telemetry.PERIODIC_RUNS, task=[task.name for task in tasks])

    def run(self) -> None:
        """Run until the stop signal."""
        while not self._stop.is_set():
            self.run_due()
            self._stop.wait(LOOK_SECONDS)

    def run_due(self) -> int:
        """Run every task that is due; returns how many ran."""
        ran = 0
        for task in self._tasks:
            self._beat()
            now, period = self._clock(), int(task.seconds * SECOND)
            if 0 < self._asks_at.get(task.name, now) - now <= period:
                continue
            self._asks_at[task.name] = now + min(period, ASK_AGAIN_SECONDS * SECOND)
            try:
                if self._ledger.begin(task.name, now=now, due_before=now - period):
                    self._asks_at[task.name] = now + period
                    self._ledger.end(self._one(task, now))
                    ran += 1
            except Exception as error:
                get_logger("periodic").warning("periodic_ledger_failed", task=task.name, error=str(error))
        return ran

    def _one(self, task: Periodic, now: int) -> LastRun:
        began = time.perf_counter()
        try:
            detail, result = task.run(self._parts), "ok"
        except Exception as error:
            get_logger("periodic").exception("periodic_task_failed", task=task.name, exc_info=error)
            detail, result = error, "failed"
        seconds = time.perf_counter() - began
        ended = self._clock()
        self._metrics.inc(telemetry.PERIODIC_RUNS, task=task.name, result=result)
        self._metrics.set(telemetry.PERIODIC_SECONDS, seconds, task=task.name)
        self._metrics.set(telemetry.PERIODIC_LAST, ended / SECOND, task=task.name)
        return LastRun(task.name, now, ended, result, "" if detail is None else str(detail)[:500])
