"""Consumer lag, measured from outside, so that it is visible while a consumer is stuck."""

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Protocol

from headwater.bus.errors import BusError
from headwater.bus.port import Bus, Progress, TopicPartition
from headwater.contracts.times import utc_now

_log = logging.getLogger("headwater.lag")


class LagReport(Protocol):
    """Receives the measurements."""

    def lag(self, source: TopicPartition, records: int) -> None: ...

    def oldest(self, topic: str, seconds: float) -> None:
        """The age of the oldest record of a topic that the group has not applied; 0 when there is none."""
        ...


class LagMeter:
    """Measures one group on its topics; `measure` needs a thread of its own. While the bus is unavailable, the lag
    stays the same and the age of waiting records increases.
    """

    def __init__(
        self,
        bus: Bus,
        report: LagReport,
        *,
        group: str,
        topics: Sequence[str],
        clock: Callable[[], int] = utc_now,
    ) -> None:
        self._bus, self._report, self._group, self._topics = bus, report, group, tuple(topics)
        self._clock = clock
        self._progress: Progress | None = None
        self._oldest: dict[TopicPartition, tuple[int, int | None]] = {}
        """By partition, the first offset not applied, and its arrival where that could be read."""
        self._known = self._failed = False

    def measure(self) -> None:
        """Measure once."""
        try:
            self._look()
            self._known, self._failed = True, False
        except BusError as error:
            if not self._failed:
                _log.warning("the lag of %s cannot be measured: %s", self._group, error)
            self._failed = True
            self.close()
        if self._known:
            self._report_ages()

    def close(self) -> None:
        progress, self._progress = self._progress, None
        if progress is not None:
            with suppress(BusError):
                progress.close()

    def _look(self) -> None:
        if self._progress is None:
            self._progress = self._bus.progress(group=self._group, topics=self._topics)
        spans = self._progress.spans()
        waiting = {source: span.next for source, span in spans.items() if span.end > span.next}
        self._oldest = {source: self._oldest.get(source, (at, None)) for source, at in waiting.items()}
        unread = {source: at for source, at in waiting.items() if self._oldest[source] != (at, self._arrival(source))}
        for source, span in spans.items():
            self._report.lag(source, max(0, span.end - span.next))
        if unread:
            found = self._progress.arrivals(unread)
            self._oldest |= {source: (at, found.get(source)) for source, at in unread.items()}

    def _arrival(self, source: TopicPartition) -> int:
        """The arrival of the oldest waiting record; -1 while unknown."""
        arrival = self._oldest[source][1]
        return -1 if arrival is None else arrival

    def _report_ages(self) -> None:
        now = self._clock()
        for topic in self._topics:
            arrivals = [at for source, (_, at) in self._oldest.items() if source.topic == topic and at is not None]
            self._report.oldest(topic, max(0.0, (now - min(arrivals, default=now)) / 1e6))
