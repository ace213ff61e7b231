"""The stop signal of a program, on which any thread may wait."""

import signal
import threading
from types import FrameType


class StopSignal:
    """Set once, never cleared.

    A bare lock, released once it is set: a signal handler may set it while the thread that it interrupts waits. An
    Event may hold its own lock at that moment, and the program would deadlock instead of ending.
    """

    def __init__(self) -> None:
        self._set = False
        self._first, self._gate = threading.Lock(), threading.Lock()
        self._gate.acquire()

    def set(self) -> None:
        if self._first.acquire(blocking=False):
            self._set = True
            self._gate.release()

    def is_set(self) -> bool:
        return self._set

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is set, `timeout` seconds at most; True when it is set."""
        if self._gate.acquire(timeout=-1 if timeout is None else max(0.0, timeout)):
            self._gate.release()  # for the next waiter
        return self._set


def install(stop: StopSignal) -> None:
    """SIGTERM and SIGINT set `stop`. Call from the main thread."""

    def on_signal(number: int, frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
