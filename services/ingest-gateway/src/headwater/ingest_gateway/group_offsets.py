"""A consumer whose progress is what its group committed."""

from collections.abc import Callable, Iterable, Mapping

from headwater.bus.port import Consumer, Record, TopicPartition


class GroupOffsets:
    """A consumer whose members start where their group left off.

    The loop asks the handler's store where to begin and seeks there. This consumer has no store: the first offset
    seen of a partition is where the group stands, and a seek to a partition not seen yet changes nothing.
    `waits`: topics that are not read now; all others go on.
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
        """Pause what waits, though the loop may have resumed it, and resume what waits no longer."""
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
        """Of partitions seen: the loop begins others at 0, which must not be where their group goes back to."""
        if seen := {source: offset for source, offset in positions.items() if source in self._first}:
            self._consumer.commit(seen)

    def end_offsets(self) -> dict[TopicPartition, int]:
        """Of partitions seen: where the group stands in others is not known, and the loop would show a false lag."""
        return {source: end for source, end in self._consumer.end_offsets().items() if source in self._first}

    def close(self) -> None:
        self._consumer.close()
