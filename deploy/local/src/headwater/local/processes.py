"""Start, find and end processes by identity (id and start time), so that a reused id is never hit."""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psutil

from headwater.local.errors import StartError

_PR_SET_PDEATHSIG = 1
_GONE_SECONDS = 5.0
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
        with log.open("ab") as output, warnings.catch_warnings():
            # Python 3.12 warns of any code between fork and exec; the tie is two system calls.
            warnings.simplefilter("ignore", DeprecationWarning)
            child = subprocess.Popen(
                [str(part) for part in argv],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
                cwd=log.parent,
                start_new_session=True,
                preexec_fn=tie() if tied else None,
                user=user,
                group=group,
                extra_groups=[] if user is not None else None,
            )
    except (OSError, subprocess.SubprocessError) as error:
        raise StartError(f"cannot start {argv[0]}: {error}") from error
    identity = _of_child(child)
    threading.Thread(target=child.wait, name=f"reap-{child.pid}", daemon=True).start()
    return identity


def _of_child(child: "subprocess.Popen[bytes]") -> Identity:
    """The identity of a child that nobody has waited for yet: its id is its own even when it is dead already."""
    try:
        return Identity.of(child.pid)
    except psutil.NoSuchProcess:  # where the system tells nothing of a zombie: dead, and no later process
        return Identity(child.pid, 0.0)


def end(identity: Identity, *, first: signal.Signals, seconds: float) -> None:
    """Ask a process to stop, wait, then kill it with all its children. Nothing happens when it is gone."""
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


def tie() -> Callable[[], None] | None:
    """What a child of this process runs before its program, so that it dies with this process; None where it cannot."""
    on_main_thread = threading.current_thread() is threading.main_thread()
    return partial(_die_with, os.getpid()) if sys.platform == "linux" and on_main_thread else None


def _die_with(parent: int) -> None:
    """Die when the parent does, at once when it is gone already."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
