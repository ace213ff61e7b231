"""A thread that measures every few seconds, whatever the other threads of the program do."""

import threading
from collections.abc import Callable, Sequence

from headwater.runtime.logs.lines import get_logger
from headwater.runtime.stop import StopSignal

SECONDS = 5.0

Measurement = Callable[[], None]


class Meter:
    """A worker. A measurement that fails is logged once and repeated like the others."""

    def __init__(self, measurements: Sequence[Measurement], *, stop: StopSignal, seconds: float = SECONDS) -> None:
        self._measurements, self._stop, self._seconds = list(measurements), stop, seconds
        self._failed: set[int] = set()

    def run(self) -> None:
        """Run until the stop signal."""
        while not self._stop.is_set():
            self.measure()
            self._stop.wait(self._seconds)

    def start(self) -> None:
        """Run on a daemon thread."""
        threading.Thread(target=self.run, name="meter", daemon=True).start()

    def measure(self) -> None:
        """Measure everything once."""
        for index, measurement in enumerate(self._measurements):
            try:
                measurement()
                self._failed.discard(index)
            except Exception as error:
                if index not in self._failed:
                    get_logger("meter").warning("not_measured", reason=str(error) or type(error).__name__)
                self._failed.add(index)
