"""Start, find and end processes by identity (id and start time), so that a reused id is never signalled."""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import psutil

from headwater.local.errors import StartError

_PR_SET_PDEATHSIG = 1
_GONE_SECONDS = 5.0
_HELD = (signal.SIGINT, signal.SIGTERM)
_libc = ctypes.CDLL(None)


@dataclass(frozen=True)
class Identity:
    """A process that cannot be mistaken for a later one with the same id."""

    pid: int
    started: float

    @classmethod
    def of(cls, pid: int) -> "Identity":
        return cls(pid, psutil.Process(pid).create_time())

    def process(self) -> psutil.Process | None:
        """The living process, else None; a zombie is dead."""
        try:
            process = psutil.Process(self.pid)
            if abs(process.create_time() - self.started) < 0.02 and process.status() != psutil.STATUS_ZOMBIE:
                return process
        except psutil.NoSuchProcess:
            pass
        return None

    def alive(self) -> bool:
        return self.process() is not None


def spawn(
    argv: Sequence[str | Path],
    *,
    log: Path,
    environment: dict[str, str],
    user: int | None = None,
    group: int | None = None,
    tied: bool = True,
) -> Identity:
    """Start a process in a group of its own, its output appended to `log`. Raises StartError.

    tied: the process dies with this one, however this one dies (Linux; only when called on the main thread,
    because the kernel ties a child to the thread that started it).
    """
    try:
        with log.open("ab") as output:
            child = fork(
                [str(part) for part in argv],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
                cwd=log.parent,
                start_new_session=True,
                tied=tied,
                user=user,
                group=group,
                extra_groups=[] if user is not None else None,
            )
    except (OSError, subprocess.SubprocessError) as error:
        raise StartError(f"cannot start {argv[0]}: {error}") from error
    identity = _of_child(child)
    threading.Thread(target=child.wait, name=f"reap-{child.pid}", daemon=True).start()
    return identity


def fork(argv: Sequence[str], *, tied: bool = True, **options: Any) -> "subprocess.Popen[Any]":
    """Popen, with signals that a handler raises for held back: what is raised between fork and exec is lost.

    tied: see `spawn`.
    """
    if threading.current_thread() is not threading.main_thread():
        return subprocess.Popen(argv, **options)
    first = partial(_die_with, os.getpid()) if tied and sys.platform == "linux" else None
    with _signals_held_back(), warnings.catch_warnings():
        # Python 3.12 warns of any code between fork and exec; the tie is two system calls.
        warnings.simplefilter("ignore", DeprecationWarning)
        return subprocess.Popen(argv, preexec_fn=first, **options)


@contextmanager
def _signals_held_back() -> Iterator[None]:
    """On the main thread: signals that arrive meanwhile are handled afterwards. A mask would not do, for Python runs
    handlers on this thread whichever thread the signal came to."""
    arrived: list[int] = []
    before = {number: signal.signal(number, lambda number, _: arrived.append(number)) for number in _HELD}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        if arrived:
            signal.raise_signal(arrived[0])


def run(argv: Sequence[str], *, environment: Mapping[str, str], seconds: float) -> "subprocess.CompletedProcess[str]":
    """Run a program to its end, tied to this one, with its output. Raises subprocess.TimeoutExpired."""
    child = fork(argv, env=dict(environment), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        output, errors = child.communicate(timeout=seconds)
    except BaseException:
        child.kill()
        child.communicate()
        raise
    return subprocess.CompletedProcess(argv, child.returncode, output, errors)


def _of_child(child: "subprocess.Popen[bytes]") -> Identity:
    """The identity of a child that nobody has waited for yet: its id is its own even when it is dead already."""
    try:
        return Identity.of(child.pid)
    except psutil.NoSuchProcess:  # where the system tells nothing of a zombie: dead, and no later process
        return Identity(child.pid, 0.0)


def end(identity: Identity, *, first: signal.Signals, seconds: float) -> None:
    """Ask a process to stop, wait, then kill it with all its children. A no-op when it is gone."""
    process = identity.process()
    if process is None:
        return
    family = [process]
    with suppress(psutil.NoSuchProcess):
        family += process.children(recursive=True)
        process.send_signal(first)
    _, left = psutil.wait_procs(family, timeout=seconds)
    for member in left:
        with suppress(psutil.NoSuchProcess):
            member.kill()
    psutil.wait_procs(left, timeout=10)


def kill9(identity: Identity, *, children_seconds: float = 30) -> None:
    """`kill -9` one process, then wait until it and its children are gone.

    The children are not killed: those of PostgreSQL notice and leave by themselves within two seconds,
    and a restart fails until they have. Those still there after `children_seconds` are killed too.
    """
    end(identity, first=signal.SIGKILL, seconds=children_seconds)


def kill_group(identity: Identity) -> None:
    """Kill what is left of a process's group after its leader died: workers of a server, which no tie reaches.

    Returns when they are gone, or after some seconds.
    """
    killed = []
    for process in psutil.process_iter():
        with suppress(psutil.NoSuchProcess, ProcessLookupError):
            young = process.create_time() > identity.started - 0.02
            if young and process.pid != os.getpid() and os.getpgid(process.pid) == identity.pid:
                process.kill()
                killed.append(Identity(process.pid, process.create_time()))
    limit = time.monotonic() + _GONE_SECONDS
    while any(process.alive() for process in killed) and time.monotonic() < limit:
        time.sleep(0.02)


def _die_with(parent: int) -> None:
    """Exit when the parent does, at once when it is gone already."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
