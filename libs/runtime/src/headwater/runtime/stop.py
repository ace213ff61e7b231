"""How a program ends: one signal that everybody may wait for."""

import signal
import threading
from types import FrameType


class StopSignal:
    """Set once, never cleared."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self) -> None:
        self._event.set()

    def is_set(self) -> bool:
        return self._event.is_set()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is set, `timeout` seconds at most; True when it is set."""
        return self._event.wait(timeout)


def install(stop: StopSignal) -> None:
    """SIGTERM and SIGINT set `stop`. Call from the main thread."""

    def on_signal(number: int, frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
