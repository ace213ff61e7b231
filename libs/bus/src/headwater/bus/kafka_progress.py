"""The progress of a Kafka group, read without joining it; and the disk usage of the log."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from headwater.bus.kafka_connection import Connection, translated
from headwater.bus.kafka_library import KafkaConsumer as Client
from headwater.bus.kafka_library import TopicPartition as KafkaPartition
from headwater.bus.port import Span, TopicPartition, Usage

EARLIEST, LATEST = -2, -1
READ_SECONDS = 2.0
CLOSE_MS = 2_000

Ask = Callable[[Callable[[Any], Any], str], Any]
"""Sends a request by the admin client; the text begins the message of an error."""


class KafkaProgress:
    """Offsets are read by the admin client, the times of records by a separate consumer, created when needed."""

    def __init__(self, ask: Ask, shared: dict[str, Any], *, group: str, topics: Sequence[str]) -> None:
        self._ask, self._group, self._topics = ask, group, list(topics)
        self._reader = Connection(shared, _reader)

    def spans(self) -> dict[TopicPartition, Span]:
        places = self._partitions()
        reached = self._ask(lambda admin: admin.list_group_offsets({self._group: places}), "cannot read the group")
        first, end = self._offsets(places, EARLIEST), self._offsets(places, LATEST)
        committed = {place: at.offset for place, at in reached.get(self._group, {}).items()}
        return {
            TopicPartition(*place): Span(max(first[place].offset, committed.get(place, -1)), end[place].offset)
            for place in places
        }

    def _partitions(self) -> list[Any]:
        described = self._ask(lambda admin: admin.describe_topics(self._topics), "cannot read the topics")
        return [
            KafkaPartition(topic["name"], partition["partition_index"])
            for topic in described
            for partition in topic["partitions"]
        ]

    def _offsets(self, places: Sequence[Any], which: int) -> Any:
        wanted = dict.fromkeys(places, which)
        return self._ask(lambda admin: admin.list_partition_offsets(wanted), "cannot read the ends of the log")

    def arrivals(self, places: Mapping[TopicPartition, int]) -> dict[TopicPartition, int]:
        reader = self._reader.get()
        found: dict[TopicPartition, int] = {}
        deadline = time.monotonic() + READ_SECONDS
        with translated("cannot read the oldest records"):
            reader.assign([KafkaPartition(*source) for source in places])
            for source, offset in places.items():
                reader.seek(KafkaPartition(*source), offset)
            while len(found) < len(places) and time.monotonic() < deadline:
                for source, batch in reader.poll(timeout_ms=200).items():
                    found.setdefault(TopicPartition(*source), batch[0].timestamp * 1000)
                    reader.pause(source)
            reader.unsubscribe()
        return found

    def close(self) -> None:
        self._reader.close(lambda client: client.close(autocommit=False, timeout_ms=CLOSE_MS))


def _reader(options: dict[str, Any]) -> Any:
    """Fetches little: only the first record of a partition is used."""
    return Client(
        **options,
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        allow_auto_create_topics=False,
        max_partition_fetch_bytes=64 * 1024,
        fetch_max_bytes=1024 * 1024,
        metrics_enabled=False,
    )


def usage(brokers: Sequence[Mapping[str, Any]]) -> Usage:
    """From the response of `describe_log_dirs`: the fullest disk of any broker, and all replicas of each topic."""
    directories = [directory for broker in brokers for directory in broker["log_dirs"]]
    sizes: dict[str, int] = {}
    for directory in directories:
        for topic in directory["topics"]:
            taken = sum(partition["partition_size"] for partition in topic["partitions"])
            sizes[topic["name"]] = sizes.get(topic["name"], 0) + taken
    disks = [(directory["usable_bytes"], directory["total_bytes"]) for directory in directories]
    free, size = min((disk for disk in disks if disk[1] > 0), key=lambda disk: disk[0] / disk[1], default=(0, 0))
    return Usage(free, size, sizes)
