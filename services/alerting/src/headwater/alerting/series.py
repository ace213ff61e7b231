"""The loop's reports as Prometheus series."""

from headwater.bus.port import TopicPartition
from headwater.runtime import metrics as series
from headwater.runtime.metrics import Metrics


class LoopSeries:
    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def handled(self, topic: str, records: int) -> None:
        self._metrics.inc(series.CONSUMED_RECORDS, records, topic=topic)

    def dead_lettered(self, topic: str, records: int) -> None:
        self._metrics.inc(series.DEAD_LETTERS, records, topic=topic)

    def lag(self, source: TopicPartition, records: int) -> None:
        self._metrics.set(series.CONSUMER_LAG, records, topic=source.topic, partition=str(source.partition))

    def retried(self, reason: str) -> None:
        self._metrics.inc(series.CONSUMER_RETRIES, reason=reason)
