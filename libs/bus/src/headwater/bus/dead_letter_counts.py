"""How many dead letters wait, by service: what the limit is about. Keeps their ids, not what is in them."""

from collections import Counter

from headwater.bus.port import Record, TopicPartition

SETTLES = "settles"
RESERVE = 5
"""The reserved part, in limits. What the gateway took before it learns that dead letters are full may all be bad:
events of a second until it looks, and the batches of two more on their way; it takes 15,000 events a second at
most, so that a limit of 10,000 needs some 45,000 places beside it. What does not fit either waits in the log."""


class DeadLetterCounts:
    """The dead letters of one topic; `take` its records in order. `next`: where to read on."""

    def __init__(self) -> None:
        self.next: dict[TopicPartition, int] = {}
        self._waits: dict[str, bool] = {}
        self._counts: Counter[str] = Counter()

    def take(self, record: Record) -> None:
        self.next[record.source] = record.offset + 1
        ours = dict(record.headers[:6])
        if SETTLES in ours:
            self._settle(ours[SETTLES].decode())
        elif "service" in ours:
            service, topic = ours["service"].decode(), ours["source_topic"].decode()
            place = TopicPartition(topic, int(ours["source_partition"]))
            self.add(service, entry_id(service, place, int(ours["source_offset"])))

    def add(self, service: str, entry: str) -> None:
        """A dead letter came; one that is known already changes nothing."""
        if entry not in self._waits:
            self._waits[entry] = True
            self._counts[service] += 1

    def _settle(self, entry: str) -> None:
        if self._waits.get(entry):
            self._waits[entry] = False
            self._counts[entry.partition(":")[0]] -= 1

    def knows(self, entry: str) -> bool:
        """Whether it came, settled or not."""
        return entry in self._waits

    def waiting(self, service: str) -> int:
        return self._counts[service]

    @property
    def total(self) -> int:
        return self._counts.total()

    @property
    def most(self) -> int:
        """Those of the service that has most: each has the whole limit for itself."""
        return max(self._counts.values(), default=0)


def entry_id(service: str, source: TopicPartition, offset: int) -> str:
    return f"{service}:{source.topic}:{source.partition}:{offset}"
