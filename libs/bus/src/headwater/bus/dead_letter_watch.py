"""Follows the dead-letter topics, so that the gateway can refuse events when their dead letters are full.

One thread reads new records of those topics; a check only reads memory. A topic is full when one service has as many
waiting dead letters of it as the limit allows; those of events accepted before go to a reserve.
"""

from collections.abc import Callable, Collection
from typing import Protocol

from headwater.bus.dead_letter_counts import RESERVE, DeadLetterCounts
from headwater.bus.errors import BusError, Unavailable
from headwater.bus.port import DEAD_LETTER_SUFFIX, Bus, Consumer

POLL_SECONDS = 1.0
PAUSE_SECONDS = 2.0


class Stop(Protocol):
    def is_set(self) -> bool: ...

    def wait(self, timeout: float) -> bool: ...


class DeadLetterWatch:
    """`topics`: the source topics. `report` gets the number of waiting dead letters of a topic when it changes."""

    def __init__(
        self,
        bus: Bus,
        topics: Collection[str],
        *,
        limit: int,
        report: Callable[[str, int], None] = lambda topic, waiting: None,
    ) -> None:
        self._bus, self._limit, self._report = bus, limit, report
        self._counts = {topic: DeadLetterCounts() for topic in topics}
        self._consumer: Consumer | None = None
        self._failure: str | None = None
        for topic in topics:
            report(topic, 0)

    def full(self, topic: str) -> bool:
        """Whether new events of this topic should be refused for now."""
        counts = self._counts.get(topic)
        return counts is not None and counts.most >= self._limit

    def check(self) -> str | None:
        """A note for readiness: topics that are full, or why that is not known. Raises Unavailable when a reserve is
        used up too, because a consumer waits then."""
        full = [topic for topic in self._counts if self.full(topic)]
        spent = [topic for topic in full if self._counts[topic].most >= self._limit * (1 + RESERVE)]
        if spent:
            raise Unavailable(f"{full_message(*spent)} (their reserve is used up too: their consumer waits)")
        return full_message(*full) if full else self._failure

    def run(self, stop: Stop) -> None:
        """Follow until the stop signal; waits for an unavailable bus."""
        try:
            while not stop.is_set():
                try:
                    self.step(timeout=POLL_SECONDS)
                    self._failure = None
                except BusError as error:
                    self._failure = f"dead letters cannot be followed: {error}"
                    stop.wait(PAUSE_SECONDS)
        finally:
            self.close()

    def close(self) -> None:
        if self._consumer is not None:
            self._consumer.close()

    def step(self, *, timeout: float = 0.0) -> None:
        """Read new records, waiting at most `timeout` seconds. Raises BusError."""
        if self._consumer is None:
            topics = [topic + DEAD_LETTER_SUFFIX for topic in self._counts]
            self._consumer = self._bus.consumer(group=None, topics=topics)
        changed: set[str] = set()
        for record in self._consumer.poll(timeout=timeout, max_records=500):
            topic = record.topic.removesuffix(DEAD_LETTER_SUFFIX)
            self._counts[topic].take(record)
            changed.add(topic)
        for topic in changed:
            self._report(topic, self._counts[topic].total)


def full_message(*topics: str) -> str:
    """The state and the remedy, in one line."""
    shown = " and ".join(sorted(topics))
    return f"dead letters of {shown} are full: see headwater dead-letters list, then redrive or discard them"
