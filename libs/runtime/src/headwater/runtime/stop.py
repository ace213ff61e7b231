"""How a program ends: one signal that everybody may wait for."""

import signal
import threading
from types import FrameType


class StopSignal:
    """Set once, never cleared.

    A bare lock, open once it is set: a signal handler may set it while the very thread that it interrupts waits.
    An Event would hold its own lock at that moment, now and then, and the program would hang instead of ending.
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
            self._gate.release()  # for the next who waits
        return self._set


def install(stop: StopSignal) -> None:
    """SIGTERM and SIGINT set `stop`. Call from the main thread."""

    def on_signal(number: int, frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
