"""Watches one thread: it must not wait, nor share a lock with a thread that waits while holding it."""

import contextlib
import io
import socket
import sqlite3
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import prometheus_client.metrics
import prometheus_client.values
import pytest

from headwater.bus import topic_log, topic_writer

_REAL = threading.Lock
_AUDITED = frozenset({"open", "os.open", "socket.connect", "socket.sendto", "sqlite3.connect", "subprocess.Popen"})
_CALLS = frozenset({"sleep", "fsync", "fdatasync", "select", "poll.poll", "epoll.poll", "SimpleQueue.get", "print"})
_FILES = (io.IOBase, socket.socket)
_IN_MEMORY = (io.BytesIO, io.StringIO)


class Blocked(AssertionError):
    """The thread waited, or might have."""


class Watch:
    """Locks made inside it are watched, and so are the threads that take them."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self._thread: int | None = None
        self._touched: set[int] = set()
        self._waited_under: dict[int, str] = {}
        self._held: dict[int, Counter[int]] = {}
        self._locks: list[_Lock] = []
        self._patched = pytest.MonkeyPatch()

    def __enter__(self) -> "Watch":
        for module, name in (
            (threading, "Lock"),
            (threading, "_allocate_lock"),
            (prometheus_client.values, "Lock"),
            (prometheus_client.metrics, "Lock"),
        ):
            self._patched.setattr(module, name, self._make)
        real = topic_log.connect
        self._patched.setattr(topic_writer, "connect", lambda *a, **k: _Connection(real(*a, **k), self))
        self._patched.setattr(topic_log, "connect", lambda *a, **k: _Connection(real(*a, **k), self))
        _listeners.append(self)
        return self

    def __exit__(self, *exc: object) -> None:
        self._patched.undo()
        _listeners.remove(self)

    @contextlib.contextmanager
    def on_this_thread(self) -> Iterator[None]:
        """For the duration of the block, the current thread is the one that must not wait."""
        self._thread = threading.get_ident()
        sys.setprofile(self._called)
        try:
            yield
        finally:
            sys.setprofile(None)
            self._thread = None

    def verify(self) -> None:
        """Raise Blocked with what was seen."""
        shared = [where for lock, where in self._waited_under.items() if lock in self._touched]
        if self.found or shared:
            raise Blocked("\n".join([*self.found, *(f"waits while holding a lock of the loop: {w}" for w in shared)]))

    def waits(self, what: str) -> None:
        """The current thread is about to wait."""
        me = threading.get_ident()
        where = f"{what}\n{_stack(sys._getframe(1))}"
        if me == self._thread:
            self.found.append(where)
        for lock in +self._held.get(me, Counter[int]()):
            self._waited_under[lock] = where

    def _make(self) -> "_Lock":
        made = _Lock(self)
        self._locks.append(made)  # so that its id is never reused
        return made

    def _called(self, frame: Any, event: str, argument: Any) -> None:
        # The loop itself may wait in its selector, and wake itself through a socket.
        if event != "c_call" or frame.f_code.co_filename.endswith(("selectors.py", "selector_events.py")):
            return
        of = getattr(argument, "__self__", None)
        if argument.__qualname__ in _CALLS or (isinstance(of, _FILES) and not isinstance(of, _IN_MEMORY)):
            self.waits(argument.__qualname__)

    def took(self, lock: "_Lock") -> None:
        me = threading.get_ident()
        self._held.setdefault(me, Counter())[id(lock)] += 1
        if me == self._thread:
            self._touched.add(id(lock))

    def gave(self, lock: "_Lock", taker: int) -> None:
        self._held.setdefault(taker, Counter())[id(lock)] -= 1


class _Lock:
    """A lock that reports to the watch. Taking it again while holding it waits until another thread releases it."""

    def __init__(self, watch: Watch) -> None:
        self._watch, self._real, self._taker = watch, _REAL(), 0

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        if not self._real.acquire(False):
            if not blocking:
                return False
            if self._taker == threading.get_ident():
                self._watch.waits("a lock taken twice: it waits for another thread")
            if not self._real.acquire(True, timeout):
                return False
        self._taker = threading.get_ident()
        self._watch.took(self)
        return True

    def release(self) -> None:
        # Cleared before the lock is released: the holder may be read before the next one has set its id.
        taker, self._taker = self._taker, 0
        self._watch.gave(self, taker)
        self._real.release()

    def locked(self) -> bool:
        return self._real.locked()

    __enter__ = acquire

    def __exit__(self, *exc: object) -> None:
        self.release()

    def _at_fork_reinit(self) -> None:
        self._real = _REAL()


class _Connection:
    """A database of which every statement counts as waiting."""

    def __init__(self, real: sqlite3.Connection, watch: Watch) -> None:
        self._real, self._watch = real, watch

    def execute(self, *arguments: Any) -> Any:
        self._watch.waits("sqlite3 execute")
        return self._real.execute(*arguments)

    def executemany(self, *arguments: Any) -> Any:
        self._watch.waits("sqlite3 executemany")
        return self._real.executemany(*arguments)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


def _stack(frame: FrameType | None) -> str:
    """The location in the code, without reading source files, since that would be waiting too."""
    lines: list[str] = []
    while frame is not None and len(lines) < 12:
        lines.append(f"  {frame.f_code.co_filename}:{frame.f_lineno} {frame.f_code.co_name}")
        frame = frame.f_back
    return "\n".join(lines)


_listeners: list[Watch] = []


def _audited(event: str, arguments: Any) -> None:
    if _listeners and event in _AUDITED:
        for watch in _listeners:
            watch.waits(event)


_hook: Callable[[str, Any], None] = _audited
sys.addaudithook(_hook)
