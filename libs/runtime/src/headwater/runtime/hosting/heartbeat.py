"""Heartbeats of the workers of a program; readiness checks how long ago each was."""

import time
from collections.abc import Callable

LIMIT_SECONDS = 10.0


class Heartbeats:
    """The last heartbeat of each worker. `limit`: seconds without one after which a worker counts as stuck."""

    def __init__(self, *, limit: float = LIMIT_SECONDS, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._limit, self._monotonic = limit, monotonic
        self._last: dict[str, float] = {}
        self._extra: dict[str, float] = {}

    def of(self, worker: str, *, extra: float = 0.0) -> Callable[[], None]:
        """A function that a worker calls at each step, at least every few seconds; registering counts as a heartbeat.

        extra: seconds added to the limit, for a wait that a setting configures.
        """
        self._extra[worker] = extra

        def beat() -> None:
            self._last[worker] = self._monotonic()

        beat()
        return beat

    def ended(self, worker: str) -> None:
        """A worker that returned is not stuck."""
        self._last.pop(worker, None)

    def ages(self) -> dict[str, float]:
        """Seconds since the last heartbeat of each worker."""
        now = self._monotonic()
        return {worker: now - last for worker, last in self._last.items()}

    def check(self) -> None:
        """Raise ConnectionError naming the workers that are stuck."""
        stuck = [
            (worker, age) for worker, age in sorted(self.ages().items()) if age > self._limit + self._extra[worker]
        ]
        if stuck:
            raise ConnectionError("; ".join(f"{worker} has not moved for {age:.0f} s" for worker, age in stuck))
