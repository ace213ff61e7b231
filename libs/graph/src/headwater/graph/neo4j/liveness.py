"""Detects an unresponsive server, so that calls do not wait long for one that has stalled.

A server busy with a long query still answers a short one. So while a call waits and nothing was received for a moment,
a probe is sent (`Watch`). When that is not answered either the server has stalled: all waiting calls are released, new
ones are refused at once, and the probe is repeated until it is answered.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from headwater.graph.errors import GraphUnavailable

SUSPECT_SECONDS = 0.5
"""Nothing received for this long: probe, and refuse new calls once the maximum is waiting."""
_LOOK_SECONDS = 0.1
_ASK_AGAIN_SECONDS = 0.5
_RECOVERY_SECONDS = 5.0
"""Time limit of a probe while no call waits."""


class Liveness:
    """The calls waiting for the server, and when it last answered. Thread-safe.

    most: how many may wait at once; more queue while the server answers, and are refused while it does not. patience:
    seconds without an answer after which the server has stalled.
    """

    def __init__(self, *, most: int, patience: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self.patience, self._clock = most, patience, clock
        self._changed = threading.Condition()
        self._waiting = 0
        self._heard = clock()
        self._stalled = self.closed = False
        self._inside = threading.local()

    @contextmanager
    def waiting(self, *, limited: bool = True) -> Iterator[None]:
        """Around any call to the server. Raises GraphUnavailable when it has stalled, before or meanwhile."""
        if getattr(self._inside, "now", False):
            yield
            return
        self._enter(self._most if limited else None)
        self._inside.now = True
        try:
            yield
        except Exception as error:
            if self._stalled:
                raise _stalled() from error
            raise
        finally:
            self._inside.now = False
            self._leave()

    def heard(self) -> None:
        """Record an answer of the server."""
        self._heard = self._clock()

    def silence(self) -> float:
        """Seconds for which calls have waited without any answer."""
        return self._clock() - self._heard if self._waiting else 0.0

    @property
    def stalled(self) -> bool:
        return self._stalled

    def stall(self) -> None:
        """From now on refuse new calls."""
        with self._changed:
            self._stalled = True
            self._changed.notify_all()

    def recover(self) -> None:
        with self._changed:
            self._stalled = False
            self._heard = self._clock()

    def close(self) -> None:
        with self._changed:
            self.closed = True
            self._changed.notify_all()

    def await_reason_to_look(self) -> None:
        """Wait until a call waits, the server has stalled, or this is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._stalled or self.closed)

    def _enter(self, most: int | None) -> None:
        with self._changed:
            while most is not None and self._waiting >= most and not self._stalled:
                left = SUSPECT_SECONDS - self.silence()
                if left <= 0:
                    raise GraphUnavailable("Neo4j does not answer, and too many requests wait for it already.")
                self._changed.wait(left)
            if self._stalled:
                raise _stalled()
            if not self._waiting:
                self._heard = self._clock()
                self._changed.notify_all()
            self._waiting += 1

    def _leave(self) -> None:
        with self._changed:
            self._waiting -= 1
            self._changed.notify()


class Watch:
    """Checks a `Liveness` and sends probes, on a thread of its own that starts with the first waiting call.

    answers: whether the server answers a probe within a number of seconds; never raises. let_go: release all waiting
    calls.
    """

    def __init__(self, liveness: Liveness, *, answers: Callable[[float], bool], let_go: Callable[[], None]) -> None:
        self._liveness, self._answers, self._let_go = liveness, answers, let_go
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        """Start once, however often it is called. The thread ends when the liveness is closed."""
        if self._thread is None:
            with self._starting:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._run, name="graph-watch", daemon=True)
                    self._thread.start()

    def look(self) -> None:
        """One step: probe if necessary."""
        liveness = self._liveness
        if liveness.stalled:
            if self._answers(_RECOVERY_SECONDS):
                liveness.recover()
            return
        silence = liveness.silence()
        if silence < SUSPECT_SECONDS:
            return
        if silence < liveness.patience and self._answers(liveness.patience - silence):
            liveness.heard()
        elif liveness.silence() >= liveness.patience:
            liveness.stall()
            self._let_go()

    def _run(self) -> None:
        while not self._liveness.closed:
            self._liveness.await_reason_to_look()
            time.sleep(_ASK_AGAIN_SECONDS if self._liveness.stalled else _LOOK_SECONDS)
            self.look()


def _stalled() -> GraphUnavailable:
    return GraphUnavailable("Neo4j accepts connections but does not answer.")
