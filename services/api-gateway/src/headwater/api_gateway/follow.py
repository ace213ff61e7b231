"""Reads signals from the bus into the hub: every stream process reads all signals, from its start on."""

from collections.abc import Callable

from headwater.api_gateway.hub import Hub
from headwater.api_gateway.signals import TOPICS, signals
from headwater.bus.errors import BusError
from headwater.bus.port import Bus, Consumer, TopicPartition
from headwater.runtime.logs.lines import get_logger
from headwater.runtime.stop import StopSignal

POLL_SECONDS = 0.5
RETRY_SECONDS = 1.0
# Signals within this time are sent together: ten updates a second are enough for display.
COALESCE_SECONDS = 0.1


class Follower:
    """A worker that reads the signal topics into the hub until it is stopped. `beat`: called at each iteration.

    It reads without a group and starts at the end: past hints are useless, because a browser that connects later reads
    the graph itself.
    """

    def __init__(
        self,
        bus: Bus,
        hub: Hub,
        *,
        stop: StopSignal,
        beat: Callable[[], object] = lambda: None,
        retry: float = RETRY_SECONDS,
    ) -> None:
        self._bus = bus
        self._hub = hub
        self._stop = stop
        self._retry, self._beat = retry, beat
        self._placed: frozenset[TopicPartition] = frozenset()
        self._log = get_logger("stream")

    def run(self) -> None:
        """Run until the stop signal; then the hub is closed, and open streams end."""
        while not self._stop.is_set():
            self._beat()
            try:
                self._read()
            except BusError as error:
                self._log.warning("bus_lost", error=str(error))
                self._stop.wait(self._retry)
        self._hub.close()

    def _read(self) -> None:
        consumer = self._bus.consumer(group=None, topics=TOPICS)
        self._placed = frozenset()
        try:
            while not self._stop.is_set():
                self._beat()
                self.turn(consumer)
                self._stop.wait(COALESCE_SECONDS)
        finally:
            consumer.close()

    def turn(self, consumer: Consumer) -> None:
        """Poll once. New partitions are moved to their end, and their polled records dropped."""
        records = consumer.poll(timeout=POLL_SECONDS, max_records=500)
        fresh = consumer.assigned() - self._placed
        if fresh:
            ends = consumer.end_offsets()
            consumer.seek({source: ends[source] for source in fresh})
            self._placed |= fresh
        self._hub.publish(signals(record for record in records if record.source not in fresh))
