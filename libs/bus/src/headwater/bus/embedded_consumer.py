"""The consumer of the embedded log."""

import sqlite3
import time
from collections.abc import Iterable, Mapping

from headwater.bus import topic_log
from headwater.bus.errors import Damaged
from headwater.bus.groups import Group
from headwater.bus.port import Record, TopicPartition
from headwater.bus.wake import Bells

POLL_BYTES = 32 * 1024 * 1024
LOST_WAKE_SECONDS = 0.5
"""How often consumers read although no bell rang."""


class EmbeddedConsumer:
    """The only member of its group, or a reader without a group."""

    def __init__(self, logs: Mapping[str, sqlite3.Connection], group: Group | None, bells: Bells) -> None:
        self._logs, self._group, self._bells = logs, group, bells
        self._assigned = frozenset(
            TopicPartition(topic, partition)
            for topic, log in logs.items()
            for partition in range(topic_log.partitions_of(log, topic))
        )
        self._order = sorted(self._assigned)
        committed = {} if group is None else group.join(self._order)
        self._next = {source: committed.get(source, 0) for source in self._order}
        self._paused: set[TopicPartition] = set()
        self._exhausted: tuple[bytes, float] | None = None
        """The bells before the last read, which found nothing, and when that was; None when reading may find more."""

    def poll(self, *, timeout: float, max_records: int) -> list[Record]:
        deadline = time.monotonic() + timeout
        while True:
            mark, now = self._bells.mark(), time.monotonic()
            if self._may_find(mark, now):
                records = self._read(max_records)
                if records:
                    self._exhausted = None
                    return records
                self._refuse_a_silent_end()
                self._exhausted = mark, now
            if now >= deadline:
                return []
            self._bells.wait(mark, min(deadline - now, LOST_WAKE_SECONDS))

    def _may_find(self, mark: bytes, now: float) -> bool:
        """Whether to read: not when nothing was appended since the last read, unless a wake-up may have been lost."""
        if self._exhausted is None:
            return True
        before, at = self._exhausted
        return mark != before or now - at >= LOST_WAKE_SECONDS

    def assigned(self) -> frozenset[TopicPartition]:
        return self._assigned

    def seek(self, positions: Mapping[TopicPartition, int]) -> None:
        for source, offset in positions.items():
            self._held(source)
            self._next[source] = offset
        self._exhausted = None

    def pause(self, partitions: Iterable[TopicPartition]) -> None:
        self._paused.update(map(self._held, partitions))

    def resume(self, partitions: Iterable[TopicPartition]) -> None:
        self._paused.difference_update(partitions)
        self._exhausted = None

    def commit(self, positions: Mapping[TopicPartition, int]) -> None:
        if self._group is not None:
            self._group.commit({self._held(source): offset for source, offset in positions.items()})

    def end_offsets(self) -> dict[TopicPartition, int]:
        ends = {}
        for source in self._order:
            log = self._logs[source.topic]
            with topic_log.reading(log):
                ends[source] = topic_log.next_offset(log, source.partition)
        return ends

    def close(self) -> None:
        for log in self._logs.values():
            log.close()
        if self._group is not None:
            self._group.close()

    def _read(self, limit: int) -> list[Record]:
        records: list[Record] = []
        size = 0
        self._order.append(self._order.pop(0))  # rotate which partition is read first
        for source in self._order:
            if source in self._paused or len(records) >= limit or size >= POLL_BYTES:
                continue
            log = self._logs[source.topic]
            try:
                with topic_log.reading(log):
                    for record in topic_log.read(log, *source, self._next[source], limit - len(records)):
                        records.append(record)
                        self._next[source] = record.offset + 1
                        size += len(record.value)
                        if size >= POLL_BYTES:
                            break
            except Damaged:
                if not records:
                    raise
                break  # records before the damage are handled first
        return records

    def _refuse_a_silent_end(self) -> None:
        """Where no record is found before the end of the log, records are missing. Raises Damaged."""
        for source, end in self.end_offsets().items():
            log, at = self._logs[source.topic], self._next[source]
            with topic_log.reading(log):
                if at < end and next(topic_log.read(log, *source, at, 1), None) is None:
                    found = f"partition {source.partition} lacks offsets {at} to {end - 1}"
                    raise Damaged(topic_log.path_of(log), found, topic_log.REMEDY)

    def _held(self, source: TopicPartition) -> TopicPartition:
        if source not in self._assigned:
            raise ValueError(f"{source} is not assigned to this consumer")
        return source
