"""Start the processes of the embedded product, keep them alive, stop them in reverse.

Three processes in all: this one, `front` (every HTTP door) and `workers` (every consumer).
"""

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import msgspec

from headwater.embedded.plan import Plan, Report, encode_plan
from headwater.runtime.parent import die_with
from headwater.runtime.stop import StopSignal

ROUTE = ("front", "workers")  # in the order that the data walks; stopped in reverse
READY_SECONDS = 180.0
STOP_SECONDS = 5.0
WATCH_SECONDS = 0.2
MAX_RESTARTS = 5
RESTART_WINDOW = 60.0


class StartError(Exception):
    """A process did not come up; the message says which and where its log lies."""


class Child:
    """One process of the product and the pipe on which it reports."""

    def __init__(self, name: str, plan: Plan, logs: Path) -> None:
        self.name = name
        self.log = logs / f"{name}.log"
        self._plan = plan
        self._restarts: list[float] = []
        self.process: subprocess.Popen[bytes] | None = None
        self.pipe = -1

    def start(self) -> None:
        read, write = os.pipe()
        plan = msgspec.structs.replace(self._plan, report=write)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", f"headwater.embedded.{self.name}", encode_plan(plan)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(write, plan.socket),
                preexec_fn=partial(die_with, os.getpid()),
                start_new_session=True,
            )
        os.close(write)
        if self.pipe >= 0:
            os.close(self.pipe)
        self.pipe = read

    def told(self) -> Report:
        """Its report, once the pipe can be read. Raises StartError with the reason when it could not start."""
        line = os.read(self.pipe, 65_536)
        found = msgspec.json.decode(line, type=Report) if line else Report(ready=False, error="it ended")
        if not found.ready:
            raise StartError(f"{self.name} could not start: {found.error}; its log is {self.log}")
        return found

    def exited(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def may_restart(self, now: float) -> bool:
        self._restarts = [at for at in self._restarts if now - at < RESTART_WINDOW]
        self._restarts.append(now)
        return len(self._restarts) <= MAX_RESTARTS

    def stop(self) -> None:
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Supervisor:
    """Start in route order, watch, stop in reverse. `lend(stopping)`: returns when the stores are ours again."""

    def __init__(
        self,
        plan: Plan,
        *,
        say: Callable[[str], None],
        lend: Callable[[Callable[[], bool]], None] = lambda stopping: None,
        names: Sequence[str] = ROUTE,
    ) -> None:
        plan.data.logs.mkdir(parents=True, exist_ok=True)
        self._children = [Child(name, plan, plan.data.logs) for name in names]
        self._say, self._lend, self._asked = say, lend, plan.data.stand_aside.exists
        self._stopping = StopSignal()

    def stop_on_signals(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, frame: object) -> None:
        self._stopping.set()

    def start(self) -> list[Report]:
        """Start all and wait until each is ready. Raises StartError, with all of them stopped."""
        deadline = time.monotonic() + READY_SECONDS
        try:
            for child in self._children:
                child.start()
            return self._await_reports(deadline)
        except StartError:
            self.stop()
            raise

    def _await_reports(self, deadline: float) -> list[Report]:
        """In the order in which they came. One that fails need not wait for the others."""
        waiting = list(self._children)
        reports: list[Report] = []
        while waiting:
            if self._stopping.is_set():
                raise StartError("stopped before it was ready")
            if time.monotonic() > deadline:
                late = waiting[0]
                raise StartError(f"{late.name} was not ready in {READY_SECONDS:g} seconds; its log is {late.log}")
            readable = select.select([child.pipe for child in waiting], [], [], 0.05)[0]
            for child in [child for child in waiting if child.pipe in readable]:
                reports.append(child.told())
                waiting.remove(child)
        return reports

    def watch(self) -> int:
        """Restart what dies until a signal asks to stop; return the exit code."""
        code = 0
        while not self._stopping.wait(WATCH_SECONDS):
            if self._asked():
                self._stand_aside()
            elif not all(self._revive(child) for child in self._children if child.exited()):
                code = 1
                break
        self.stop()
        return code

    def _stand_aside(self) -> None:
        """A command needs the stores for itself; requests wait at the socket meanwhile. Raises StartError."""
        self._say("standing aside for a command")
        self.stop()
        self._lend(self._stopping.is_set)
        if not self._stopping.is_set():
            self.start()
            self._say("back")

    def _revive(self, child: Child) -> bool:
        assert child.process is not None
        if not child.may_restart(time.monotonic()):
            self._say(f"{child.name} keeps dying; stopping. Its log is {child.log}")
            return False
        self._say(f"{child.name} ended with code {child.process.returncode}; starting it again")
        child.start()
        return True

    def stop(self) -> None:
        for child in reversed(self._children):
            child.stop()
