"""The least that Kafka and the embedded log both promise.

Increasing offsets per partition, order per key, consumer groups, seek, and redelivery
of whatever was not committed before a crash. Nothing more: rebalances, transactions
and retention are the adapters' own business.
"""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from typing import NamedTuple, Protocol


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


class Position(NamedTuple):
    """Where a durable record lies."""

    topic: str
    partition: int
    offset: int


class Producer(Protocol):
    def send(self, record: Outgoing) -> "Future[Position]":
        """Queue one record; the future resolves when it is durable (fsynced, or acks=all).

        The future fails with Unavailable or RecordTooLarge. Sends are safe from many threads.
        """
        ...

    def send_all(self, records: Sequence[Outgoing], *, timeout: float) -> list[Position]:
        """Send many and wait until all are durable. Raises Unavailable or RecordTooLarge."""
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
        """Store the next offsets of the group: the loop uses it for lag display, a reader without a store as truth."""
        ...

    def end_offsets(self) -> dict[TopicPartition, int]:
        """The offset that the next record of each assigned partition will get."""
        ...

    def close(self) -> None: ...


class Bus(Protocol):
    """A connected bus. One a process."""

    def producer(self) -> Producer: ...

    def consumer(self, *, group: str, topics: Sequence[str]) -> Consumer:
        """Join a group. A group that never committed starts at the earliest record."""
        ...

    def create_topics(self, partitions: Mapping[str, int]) -> list[str]:
        """Create those that are missing and return their names; topics are never made by use."""
        ...

    def check(self) -> None:
        """Raise Unavailable when the bus cannot be reached: what readiness asks."""
        ...

    def close(self) -> None: ...
