"""What the loop of a consumer reports, as Prometheus series."""

from headwater.runtime import telemetry
from headwater.runtime.telemetry import Telemetry


class LoopSeries:
    """The series of one consumer; see `LoopMetrics` of the bus. `source`: topic and partition."""

    def __init__(self, metrics: Telemetry) -> None:
        self._metrics = metrics

    def handled(self, topic: str, records: int) -> None:
        self._metrics.inc(telemetry.CONSUMED_RECORDS, records, topic=topic)

    def applied(self, seconds: float, delay: float) -> None:
        self._metrics.observe(telemetry.APPLY_SECONDS, seconds)
        self._metrics.observe(telemetry.PIPELINE_DELAY, delay)

    def dead_lettered(self, topic: str, records: int) -> None:
        self._metrics.inc(telemetry.DEAD_LETTERS, records, topic=topic)

    def lag(self, source: tuple[str, int], records: int) -> None:
        topic, partition = source
        self._metrics.set(telemetry.CONSUMER_LAG, records, topic=topic, partition=str(partition))

    def retried(self, reason: str) -> None:
        self._metrics.inc(telemetry.CONSUMER_RETRIES, reason=reason)
