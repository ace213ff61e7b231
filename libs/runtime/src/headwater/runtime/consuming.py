"""What the loop of a consumer reports, as Prometheus series."""

from headwater.runtime import metrics as series
from headwater.runtime.metrics import Metrics


class LoopSeries:
    """The series of one consumer; see `LoopMetrics` of the bus. `source`: topic and partition."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def handled(self, topic: str, records: int) -> None:
        self._metrics.inc(series.CONSUMED_RECORDS, records, topic=topic)

    def applied(self, seconds: float, delay: float) -> None:
        self._metrics.observe(series.APPLY_SECONDS, seconds)
        self._metrics.observe(series.PIPELINE_DELAY, delay)

    def dead_lettered(self, topic: str, records: int) -> None:
        self._metrics.inc(series.DEAD_LETTERS, records, topic=topic)

    def lag(self, source: tuple[str, int], records: int) -> None:
        topic, partition = source
        self._metrics.set(series.CONSUMER_LAG, records, topic=topic, partition=str(partition))

    def retried(self, reason: str) -> None:
        self._metrics.inc(series.CONSUMER_RETRIES, reason=reason)
