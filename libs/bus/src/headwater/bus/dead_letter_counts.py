"""The number of waiting dead letters by service, to which the limit applies. Keeps their ids, not their content."""

from collections import Counter

from headwater.bus.port import Record, TopicPartition

SETTLES = "settles"
RESERVE = 5
"""The size of the reserve, in limits. Everything that the gateway accepted before it detects that dead letters are full
may be bad: the events of a second until its next check, and batches of two more in transit; it accepts at most 15,000
events a second, so a limit of 10,000 needs a reserve of some 45,000. What exceeds the reserve too waits in the log."""


class DeadLetterCounts:
    """The dead letters of one topic; pass its records to `take` in order. `next`: the offset to continue from."""

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
        """Add a dead letter; one that is known already changes nothing."""
        if entry not in self._waits:
            self._waits[entry] = True
            self._counts[service] += 1

    def _settle(self, entry: str) -> None:
        if self._waits.get(entry):
            self._waits[entry] = False
            self._counts[entry.partition(":")[0]] -= 1

    def knows(self, entry: str) -> bool:
        """Whether it is known, settled or not."""
        return entry in self._waits

    def waiting(self, service: str) -> int:
        return self._counts[service]

    @property
    def total(self) -> int:
        return self._counts.total()

    @property
    def most(self) -> int:
        """Those of the service that has most: the limit applies to each service separately."""
        return max(self._counts.values(), default=0)


def entry_id(service: str, source: TopicPartition, offset: int) -> str:
    return f"{service}:{source.topic}:{source.partition}:{offset}"
