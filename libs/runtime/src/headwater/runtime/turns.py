"""Short requests on the server's own thread: each runs until it waits for a future, and the others go on meanwhile.

A thread for each costs more than the request itself: with one interpreter lock every blocking call may be a change of
threads, and a request makes dozens. A turn is a greenlet, and a change of turns costs next to nothing.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from greenlet import getcurrent, greenlet

T = TypeVar("T")


class Turns:
    """The turns of one thread, which makes this object and alone calls `take`.

    wake: called on another thread when a turn can go on. at_once: how many may wait; more begin later.
    """

    def __init__(self, wake: Callable[[], object], *, at_once: int) -> None:
        self._loop, self._thread = getcurrent(), threading.get_ident()
        self._wake, self._at_once = wake, at_once
        self._lock = threading.Lock()
        self._new: deque[Callable[[], object]] = deque()
        self._ready: deque[_Turn] = deque()
        self._waiting: dict[_Turn, float] = {}

    @property
    def here(self) -> bool:
        """Whether the caller is on the thread of the turns."""
        return threading.get_ident() == self._thread

    def add(self, run: Callable[[], object]) -> None:
        """Have `take` call `run`, which must not raise, in a turn of its own."""
        self._new.append(run)

    def take(self) -> None:
        """Go on with all that can, until every turn waits or is done."""
        now = time.monotonic()
        for late in [turn for turn, deadline in self._waiting.items() if deadline <= now]:
            self._resume(late)
        while True:
            if self._ready:
                self._resume(self._ready.popleft())
            elif self._new and len(self._waiting) < self._at_once:
                _Turn(self._new.popleft(), self).switch()
            else:
                return

    def wait(self, future: "Future[T]", timeout: float) -> None:
        """Step aside until `future` is done, or `timeout` seconds have passed. Called in a turn."""
        turn = getcurrent()
        assert isinstance(turn, _Turn)
        self._waiting[turn] = time.monotonic() + timeout
        future.add_done_callback(lambda done: self._settled(turn))
        self._loop.switch()

    def _settled(self, turn: "_Turn") -> None:
        with self._lock:
            self._ready.append(turn)
            first = len(self._ready) == 1
        if first:
            self._wake()

    def _resume(self, turn: "_Turn") -> None:
        """Unless it went on already: its time may end as its future is done."""
        if self._waiting.pop(turn, None) is not None:
            turn.switch()


class _Turn(greenlet):  # type: ignore[misc]
    def __init__(self, run: Callable[[], object], turns: Turns) -> None:
        super().__init__(run)
        self.turns = turns


def in_turn() -> bool:
    """Whether the caller runs in a turn, and so must not block."""
    return isinstance(getcurrent(), _Turn)


def result(future: "Future[T]", timeout: float) -> T:
    """As `future.result(timeout)`; in a turn the thread serves others meanwhile. Raises TimeoutError."""
    turn = getcurrent()
    if not isinstance(turn, _Turn):
        return future.result(timeout)
    if not future.done():
        turn.turns.wait(future, timeout)
    return future.result(0)
