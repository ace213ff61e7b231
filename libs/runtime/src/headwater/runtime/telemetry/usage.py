"""Disk usage as Prometheus series."""

from collections.abc import Callable, Mapping
from typing import Protocol

from headwater.runtime.telemetry import series as telemetry
from headwater.runtime.telemetry.series import Telemetry

_KAFKAS_OWN = "__"


class Usage(Protocol):
    """Bytes of a disk and of the topics on it; see `Usage` of the bus."""

    @property
    def free(self) -> int: ...
    @property
    def size(self) -> int: ...
    @property
    def topics(self) -> Mapping[str, int]: ...


class UsageSeries:
    """`ask`: returns the current usage; its errors propagate, and the series stay as they were."""

    def __init__(self, metrics: Telemetry, ask: Callable[[], Usage]) -> None:
        self._metrics, self._ask = metrics, ask

    def measure(self) -> None:
        usage = self._ask()
        self._metrics.set(telemetry.DISK_FREE, usage.free)
        self._metrics.set(telemetry.DISK_SIZE, usage.size)
        for topic, size in usage.topics.items():
            if not topic.startswith(_KAFKAS_OWN):
                self._metrics.set(telemetry.LOG_BYTES, size, topic=topic)
