"""A consumer whose progress is the committed offsets of its group."""

from collections.abc import Callable, Iterable, Mapping

from headwater.bus.port import Consumer, Record, TopicPartition


class GroupOffsets:
    """A consumer whose members start at the committed offsets of their group.

    The loop seeks to the offsets in the handler's store. This consumer has no store: the first offset seen of a
    partition is the group's position, and a seek to a partition not seen yet is ignored.
    `waits`: topics that are paused now; all others are read.
    """

    def __init__(self, consumer: Consumer, *, waits: Callable[[str], bool] = lambda topic: False) -> None:
        self._consumer, self._waits = consumer, waits
        self._first: dict[TopicPartition, int] = {}
        self._waiting: set[TopicPartition] = set()

    def positions(self) -> dict[TopicPartition, int]:
        return dict(self._first)

    def poll(self, *, timeout: float, max_records: int) -> list[Record]:
        self._hold()
        records = self._consumer.poll(timeout=timeout, max_records=max_records)
        for lost in self._first.keys() - self._consumer.assigned():
            del self._first[lost]
        for record in records:
            self._first.setdefault(record.source, record.offset)
        return records

    def _hold(self) -> None:
        """Pause the waiting topics, even if the loop has resumed them, and resume those that no longer wait."""
        assigned = self._consumer.assigned()
        waiting = {source for source in assigned if self._waits(source.topic)}
        if waiting:
            self._consumer.pause(waiting)
        if again := (self._waiting - waiting) & assigned:
            self._consumer.resume(again)
        self._waiting = waiting

    def seek(self, positions: Mapping[TopicPartition, int]) -> None:
        self._consumer.seek({source: offset for source, offset in positions.items() if source in self._first})

    def assigned(self) -> frozenset[TopicPartition]:
        return self._consumer.assigned()

    def pause(self, partitions: Iterable[TopicPartition]) -> None:
        self._consumer.pause(partitions)

    def resume(self, partitions: Iterable[TopicPartition]) -> None:
        self._consumer.resume(partitions)

    def commit(self, positions: Mapping[TopicPartition, int]) -> None:
        """Only for partitions seen: the loop begins others at 0, to which their group must not go back."""
        if seen := {source: offset for source, offset in positions.items() if source in self._first}:
            self._consumer.commit(seen)

    def end_offsets(self) -> dict[TopicPartition, int]:
        """Only for partitions seen: the group's position in others is unknown, and the loop would show a wrong lag."""
        return {source: end for source, end in self._consumer.end_offsets().items() if source in self._first}

    def close(self) -> None:
        self._consumer.close()
