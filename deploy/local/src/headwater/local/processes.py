"""Start, find and end processes by identity (id and start time), so that a reused id is never hit."""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import warnings
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psutil

_PR_SET_PDEATHSIG = 1
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
    """Start a process in a group of its own, its output appended to `log`.

    tied: the process dies with this one, however this one dies (Linux; only when called on the main thread,
    because the kernel ties a child to the thread that started it).
    """
    on_main_thread = threading.current_thread() is threading.main_thread()
    tie = partial(_tie, os.getpid()) if tied and sys.platform == "linux" and on_main_thread else None
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
            preexec_fn=tie,
            user=user,
            group=group,
            extra_groups=[] if user is not None else None,
        )
    threading.Thread(target=child.wait, name=f"reap-{child.pid}", daemon=True).start()
    return Identity.of(child.pid)


def end(identity: Identity, *, first: signal.Signals, seconds: float) -> None:
    """Ask a process to stop, wait, then kill it with all its children. Nothing happens when it is gone."""
    process = identity.process()
    if process is None:
        return
    family = [process, *process.children(recursive=True)]
    with suppress(psutil.NoSuchProcess):
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
    """Kill what is left of a process's group after its leader died: workers of a server, which no tie reaches."""
    for process in psutil.process_iter():
        with suppress(psutil.NoSuchProcess, ProcessLookupError):
            young = process.create_time() > identity.started - 0.02
            if young and process.pid != os.getpid() and os.getpgid(process.pid) == identity.pid:
                process.kill()


def _tie(parent: int) -> None:
    """Runs in the child: die when the parent does, at once when it is gone already."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
