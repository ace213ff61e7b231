"""Reading from Kafka as a member of a group, or without a group."""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from headwater.bus.errors import Unavailable
from headwater.bus.kafka_connection import Connection, translated
from headwater.bus.kafka_library import ConsumerRebalanceListener, CooperativeStickyAssignor, OffsetAndMetadata
from headwater.bus.kafka_library import KafkaConsumer as Client
from headwater.bus.kafka_library import TopicPartition as KafkaPartition
from headwater.bus.port import Record, TopicPartition

CALL_MS = 5_000


class _Lost(ConsumerRebalanceListener):  # type: ignore[misc]  # kafka-python carries no types
    """Records which partitions were revoked since the last poll.

    kafka-python calls it on its IO thread, where blocking stops the heartbeats: only record here; the poll acts.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lost: set[TopicPartition] = set()

    def on_partitions_revoked(self, revoked: Iterable[Any]) -> None:
        with self._lock:
            self._lost.update(TopicPartition(*source) for source in revoked)

    def on_partitions_assigned(self, assigned: Iterable[Any]) -> None:
        """The poll reads the assignment itself."""

    def take(self) -> set[TopicPartition]:
        with self._lock:
            lost, self._lost = self._lost, set()
        return lost


class KafkaConsumer:
    """Connects at the first poll, so that a program may start before its broker.

    A partition that was revoked and assigned again between two polls is missing from `assigned` after one poll, so that
    its holder detects it.
    """

    def __init__(
        self, shared: dict[str, Any], *, group: str | None, topics: Sequence[str], require: Callable[[str], None]
    ) -> None:
        self._group, self._topics, self._require = group, list(topics), require
        self._connection = Connection(shared, self._connect)
        self._lost = _Lost()
        self._assigned: frozenset[TopicPartition] = frozenset()

    def poll(self, *, timeout: float, max_records: int) -> list[Record]:
        client = self._connection.get()
        with translated("cannot read from Kafka"):
            polled = client.poll(timeout_ms=int(timeout * 1000), max_records=max_records)
            held = {TopicPartition(*source) for source in client.assignment()}
        self._assigned = frozenset(held - self._lost.take())
        records: list[Record] = []
        for source, batch in polled.items():
            if TopicPartition(*source) in self._assigned:
                records.extend(map(_record, batch))
            elif TopicPartition(*source) in held:
                client.seek(source, batch[0].offset)
        return records

    def assigned(self) -> frozenset[TopicPartition]:
        return self._assigned

    def seek(self, positions: Mapping[TopicPartition, int]) -> None:
        held = self._held(positions)
        for source, offset in positions.items():
            if source in held:
                self._connection.get().seek(KafkaPartition(*source), offset)

    def pause(self, partitions: Iterable[TopicPartition]) -> None:
        for source in self._held(partitions):
            self._connection.get().pause(KafkaPartition(*source))

    def resume(self, partitions: Iterable[TopicPartition]) -> None:
        for source in self._held(partitions):
            self._connection.get().resume(KafkaPartition(*source))

    def commit(self, positions: Mapping[TopicPartition, int]) -> None:
        held = self._held(positions)
        offsets = {KafkaPartition(*s): OffsetAndMetadata(at, "", -1) for s, at in positions.items() if s in held}
        if offsets and self._group is not None:
            with translated("cannot commit"):
                self._connection.get().commit(offsets, timeout_ms=CALL_MS)

    def end_offsets(self) -> dict[TopicPartition, int]:
        if not self._assigned:
            return {}
        wanted = [KafkaPartition(*source) for source in self._assigned]
        with translated("cannot read the end of the log"):
            ends = self._connection.get().end_offsets(wanted, timeout_ms=CALL_MS)
        return {TopicPartition(*source): offset for source, offset in ends.items()}

    def close(self) -> None:
        self._connection.close(lambda client: client.close(autocommit=False, timeout_ms=CALL_MS))

    def _connect(self, options: dict[str, Any]) -> Any:
        for topic in self._topics:
            self._require(topic)
        client = Client(
            **options,
            group_id=self._group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            allow_auto_create_topics=False,
            partition_assignment_strategy=(CooperativeStickyAssignor,),
            session_timeout_ms=10_000,
            heartbeat_interval_ms=1_000,
            max_partition_fetch_bytes=4 * 1024 * 1024,
            fetch_max_bytes=32 * 1024 * 1024,
            metrics_enabled=False,
        )
        # A leader that joins before it has the topics' metadata assigns nothing, possibly for minutes: load it first.
        partitions = [KafkaPartition(topic, p) for topic in self._topics for p in client.partitions_for_topic(topic)]
        if self._group is not None:
            client.subscribe(self._topics, listener=self._lost)
        else:
            client.assign(partitions)
        return client

    def _held(self, partitions: Iterable[TopicPartition]) -> set[TopicPartition]:
        """Those of `partitions` that are assigned now: a rebalance may have revoked some since the poll."""
        for source in partitions:
            if source.topic not in self._topics:
                raise ValueError(f"{source} is not assigned to this consumer")
        try:
            held = {TopicPartition(*source) for source in self._connection.get().assignment()}
        except Unavailable:
            return set()
        return held.intersection(partitions)


def _record(polled: Any) -> Record:
    return Record(
        polled.topic,
        polled.partition,
        polled.offset,
        polled.key,
        polled.value or b"",
        tuple(polled.headers),
        polled.timestamp * 1000,
    )
