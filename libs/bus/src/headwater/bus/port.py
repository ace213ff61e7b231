"""The port of the bus: the guarantees that Kafka and the embedded log share.

Increasing offsets per partition, order per key, consumer groups, seek, and redelivery of whatever was not committed
before a crash. Nothing more: rebalances, transactions and retention are internal to the adapters.
"""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from typing import NamedTuple, Protocol

from headwater.bus.errors import RecordTooLarge

MESSAGE_LIMIT = 17 * 1024 * 1024
"""Bytes of key, value and headers together that a topic accepts: an event of 16 MB and its envelope."""
DEAD_LETTER_SUFFIX = ".dead"
DEAD_LETTER_LIMIT = MESSAGE_LIMIT + 1024 * 1024
"""Dead-letter topics accept the largest record and the reason for it."""


def message_limit(topic: str) -> int:
    return DEAD_LETTER_LIMIT if topic.endswith(DEAD_LETTER_SUFFIX) else MESSAGE_LIMIT


class TopicPartition(NamedTuple):
    topic: str
    partition: int


class Record(NamedTuple):
    """One record as consumed. `timestamp`: arrival, microseconds UTC."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes
    headers: tuple[tuple[str, bytes], ...]
    timestamp: int

    @property
    def source(self) -> TopicPartition:
        return TopicPartition(self.topic, self.partition)


class Outgoing(NamedTuple):
    """One record to send."""

    topic: str
    key: bytes | None
    value: bytes
    headers: tuple[tuple[str, bytes], ...] = ()

    @property
    def size(self) -> int:
        """Bytes that count against the message limit."""
        size = len(self.value) + len(self.key or b"")
        for name, value in self.headers:
            size += len(name) + len(value)
        return size


def check_size(record: Outgoing) -> int:
    """Bytes of a record. Raises RecordTooLarge."""
    limit, size = message_limit(record.topic), record.size
    if size > limit:
        raise RecordTooLarge(f"a record of {size} bytes exceeds the limit of {limit} for {record.topic!r}")
    return size


class Position(NamedTuple):
    """The position of a durable record."""

    topic: str
    partition: int
    offset: int


class Producer(Protocol):
    def send(self, record: Outgoing) -> "Future[Position]":
        """Queue one record; the future resolves when it is durable (fsynced, or acks=all).

        The future fails with Unavailable, RecordTooLarge or UnknownTopic. Thread-safe.
        """
        ...

    def send_all(self, records: Sequence[Outgoing], *, timeout: float) -> list[Position]:
        """Send many and wait until all are durable. Raises Unavailable, RecordTooLarge or UnknownTopic."""
        ...

    def close(self) -> None: ...


class Consumer(Protocol):
    """One member of a group. Used from one thread."""

    def poll(self, *, timeout: float, max_records: int) -> list[Record]:
        """The next records of the assigned partitions, in offset order within each. Empty after `timeout` seconds."""
        ...

    def assigned(self) -> frozenset[TopicPartition]:
        """Partitions that this member holds as of the last poll."""
        ...

    def seek(self, positions: Mapping[TopicPartition, int]) -> None:
        """The next poll starts at these offsets."""
        ...

    def pause(self, partitions: Iterable[TopicPartition]) -> None: ...

    def resume(self, partitions: Iterable[TopicPartition]) -> None: ...

    def commit(self, positions: Mapping[TopicPartition, int]) -> None:
        """Store the next offsets of the group: display only for the loop, authoritative for readers without a store."""
        ...

    def end_offsets(self) -> dict[TopicPartition, int]:
        """The end of the log: the offset of the next record of each assigned partition."""
        ...

    def close(self) -> None: ...


class Span(NamedTuple):
    """The records of a partition that a group has not applied: from offset `next` to before `end`."""

    next: int
    end: int


class Progress(Protocol):
    """Reads the progress of a group from outside, without affecting its members. Used from one thread."""

    def spans(self) -> dict[TopicPartition, Span]:
        """From the committed offsets, for every partition of its topics."""
        ...

    def arrivals(self, places: Mapping[TopicPartition, int]) -> dict[TopicPartition, int]:
        """When the first record at or after each offset arrived, microseconds UTC; none where that cannot be read."""
        ...

    def close(self) -> None: ...


class Usage(NamedTuple):
    """Disk usage of the log in bytes: free, total, and by topic."""

    free: int
    size: int
    topics: Mapping[str, int]


class Bus(Protocol):
    """A connected bus. One per process."""

    def producer(self) -> Producer: ...

    def consumer(self, *, group: str | None, topics: Sequence[str]) -> Consumer:
        """Join a group. A group that never committed starts at the earliest record.

        `None`: a reader without a group: it gets every partition from the earliest record on, and its commits are not
        stored.
        """
        ...

    def create_topics(self, partitions: Mapping[str, int]) -> list[str]:
        """Create those that are missing and return their names; topics are never created implicitly."""
        ...

    def progress(self, *, group: str, topics: Sequence[str]) -> Progress:
        """The progress of a group. Raises as `consumer` does; the methods of the result raise like a consumer's."""
        ...

    def usage(self) -> Usage:
        """The disk usage of the log. Raises Unavailable."""
        ...

    def check(self) -> None:
        """The readiness check: raises Unavailable when the bus cannot be reached."""
        ...

    def close(self) -> None: ...
