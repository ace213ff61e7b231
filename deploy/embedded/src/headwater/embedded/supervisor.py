"""Start the processes of the embedded product, keep them alive, stop them in reverse.

Three processes in all: this one, `front` (every HTTP endpoint) and `workers` (every consumer).
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
from typing import IO

import msgspec

from headwater.contracts.storage import Disk
from headwater.embedded.faults import EXIT_DAMAGED, EXIT_NO_ROOM, Fault, read_faults
from headwater.embedded.start import Report, StartOptions, encode_start
from headwater.runtime.hosting.parent import die_with
from headwater.runtime.logs.files import rotate
from headwater.runtime.stop import StopSignal

ROUTE = ("front", "workers")  # in the order of data flow; stopped in reverse
READY_SECONDS = 180.0
STOP_SECONDS = 5.0
WATCH_SECONDS = 0.2
MAX_RESTARTS = 5
RESTART_WINDOW = 60.0
NO_ROOM_SECONDS = 5.0
LEAST_ROOM = 1024 * 1024
LOOK_SECONDS = 1.0
QUIET_SECONDS = 60.0


class StartError(Exception):
    """A process did not come up; the message states which and the path of its log. `no_room`: the disk is full."""

    def __init__(self, message: str, *, no_room: bool = False) -> None:
        super().__init__(message)
        self.no_room = no_room


class Child:
    """One process of the product and the pipe on which it reports."""

    def __init__(self, name: str, options: StartOptions, logs: Path) -> None:
        self.name = name
        self.log = logs / f"{name}.log"
        self._options = options
        self._restarts: list[float] = []
        self._not_before = 0.0
        self.retired = False
        """It ended because of damage, which a restart would find again."""
        self.process: subprocess.Popen[bytes] | None = None
        self.pipe = -1

    def start(self) -> None:
        self.retired = False
        read, write = os.pipe()
        options = msgspec.structs.replace(self._options, report=write)
        with self._open_log() as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "headwater.embedded", self.name, encode_start(options)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=tuple(fd for fd in (write, options.socket, options.status) if fd >= 0),
                preexec_fn=partial(die_with, os.getpid()),
                start_new_session=True,
            )
        os.close(write)
        if self.pipe >= 0:
            os.close(self.pipe)
        self.pipe = read

    def _open_log(self) -> IO[bytes]:
        """Its log; the null device where a full disk prevents creating one."""
        try:
            return self.log.open("ab")
        except OSError:
            return Path(os.devnull).open("ab")

    def report(self) -> Report:
        """Its report, once the pipe can be read. Raises StartError with the reason when it could not start."""
        line = os.read(self.pipe, 65_536)
        found = msgspec.json.decode(line, type=Report) if line else Report(ready=False, error="it ended")
        if not found.ready:
            no_room = self.process is not None and self.process.wait(STOP_SECONDS) == EXIT_NO_ROOM
            raise StartError(f"{self.name} could not start: {found.error}; its log is {self.log}", no_room=no_room)
        return found

    def exited(self) -> bool:
        return self.process is not None and self.process.poll() is not None and not self.retired

    def end_reason(self) -> str:
        """Its last report, where it could not start."""
        if not select.select([self.pipe], [], [], 0)[0]:
            return ""
        line = os.read(self.pipe, 65_536).splitlines()
        found = msgspec.json.decode(line[-1], type=Report) if line else Report(ready=True)
        return f" ({found.error})" if found.error else ""

    def waits_for_room(self, now: float) -> bool:
        """A start that failed because the disk is full is repeated every few seconds."""
        if now < self._not_before:
            return True
        self._not_before = now + NO_ROOM_SECONDS
        return False

    def map_nothing(self) -> None:
        """A page of a mapped file could not be read: let that be an error of one read from now on."""
        self._options = msgspec.structs.replace(self._options, mapped=False)

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
    """Start in route order, watch, stop in reverse. `hand_over(stopping)`: returns when the lock is held again."""

    def __init__(
        self,
        options: StartOptions,
        *,
        say: Callable[[str], None],
        hand_over: Callable[[Callable[[], bool]], None] = lambda stopping: None,
        names: Sequence[str] = ROUTE,
    ) -> None:
        options.data.logs.mkdir(parents=True, exist_ok=True)
        self._children = [Child(name, options, options.data.logs) for name in names]
        self._say, self._hand_over, self._asked = say, hand_over, options.data.maintenance_request.exists
        self._stopping = StopSignal()
        self._data = options.data
        self._disk = Disk(options.data.root, floor=max(options.disk_floor, LEAST_ROOM))
        self._said_full = False
        self._look_at = self._quiet_until = 0.0
        self._known: set[Fault] = set()

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
        """In the order of arrival. A failure need not wait for the others."""
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
                reports.append(child.report())
                waiting.remove(child)
        return reports

    def watch(self) -> int:
        """Restart processes that die until a stop signal; return the exit code."""
        code = 0
        while not self._stopping.wait(WATCH_SECONDS):
            self._look()
            if self._asked():
                self._yield_for_maintenance()
            elif not all(self._revive(child) for child in self._children if child.exited()):
                code = 1
                break
        self.stop()
        return code

    def _yield_for_maintenance(self) -> None:
        """A command needs the stores for itself; requests wait at the socket meanwhile. Raises StartError."""
        self._say("stopped for a maintenance command")
        self.stop()
        self._hand_over(self._stopping.is_set)
        self._known.clear()
        while not self._stopping.is_set():
            try:
                self.start()
                self._say("back")
                return
            except StartError as error:
                if self._stopping.is_set():
                    return
                if not error.no_room:
                    raise
                self._say(f"{error}; trying again in {NO_ROOM_SECONDS:g} seconds")
                self._stopping.wait(NO_ROOM_SECONDS)

    def _revive(self, child: Child) -> bool:
        """False when the product must end."""
        assert child.process is not None
        now, code = time.monotonic(), child.process.returncode
        if code == EXIT_NO_ROOM and child.waits_for_room(now):
            return True
        ended = f"{child.name} ended with code {code}{child.end_reason()}"
        if code == EXIT_DAMAGED:
            child.retired = True
            self._say(f"{ended}: its data is damaged, and it is not restarted. Its log is {child.log}")
            return not all(other.retired for other in self._children)
        if code == -signal.SIGBUS:
            child.map_nothing()
        if code != EXIT_NO_ROOM and not child.may_restart(now):
            self._say(f"{child.name} keeps dying; stopping. Its log is {child.log}")
            return False
        self._say(f"{ended}; starting it again")
        child.start()
        return True

    def _look(self) -> None:
        """Print what an operator must act on: a full disk, and parts that stopped because of damage."""
        now = time.monotonic()
        if now < self._look_at:
            return
        self._look_at = now + LOOK_SECONDS
        rotate(self._data.logs.glob("*.log"))
        for fault in read_faults(self._data):
            if fault not in self._known:
                self._known.add(fault)
                self._say(str(fault))
        self._say_of_the_disk(now)

    def _say_of_the_disk(self, now: float) -> None:
        """Once when it is full and once when there is room again; not again within a minute."""
        full = self._disk.is_full()
        if full == self._said_full or (full and now < self._quiet_until):
            return
        self._said_full = full
        if full:
            self._quiet_until = now + QUIET_SECONDS
            self._say(
                f"the disk of {self._data.root} is full: {self._disk.free():,} bytes are free, "
                f"{self._disk.floor:,} are needed; new events are refused until space is freed, reads continue"
            )
        else:
            self._say(f"the disk of {self._data.root} has space again: {self._disk.free():,} bytes are free")

    def stop(self) -> None:
        for child in reversed(self._children):
            child.stop()
