"""The progress of a group of the embedded log, read from outside; and the disk usage of the log."""

import os
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path

from headwater.bus import topic_log
from headwater.bus.errors import Unavailable
from headwater.bus.groups import committed
from headwater.bus.port import Span, TopicPartition, Usage


class EmbeddedProgress:
    """Reads the topics' files and the group's; owns the connections `logs`."""

    def __init__(self, logs: Mapping[str, sqlite3.Connection], group: Path) -> None:
        self._logs, self._group = logs, group

    def spans(self) -> dict[TopicPartition, Span]:
        reached = committed(self._group)
        found: dict[TopicPartition, Span] = {}
        for topic, log in self._logs.items():
            with topic_log.reading(log):
                for partition in range(topic_log.partitions_of(log, topic)):
                    source = TopicPartition(topic, partition)
                    first = topic_log.first_offset(log, partition)
                    found[source] = Span(max(first, reached.get(source, 0)), topic_log.next_offset(log, partition))
        return found

    def arrivals(self, places: Mapping[TopicPartition, int]) -> dict[TopicPartition, int]:
        found: dict[TopicPartition, int] = {}
        for source, offset in places.items():
            log = self._logs[source.topic]
            with topic_log.reading(log):
                arrival = topic_log.arrival(log, source.partition, offset)
            if arrival is not None:
                found[source] = arrival
        return found

    def close(self) -> None:
        for log in self._logs.values():
            log.close()


def usage(directory: Path, topics: Sequence[str]) -> Usage:
    """Of a log in `directory`; a topic counts with its write-ahead log. Raises Unavailable."""
    try:
        disk = os.statvfs(directory)
    except OSError as error:
        raise Unavailable(f"cannot read the usage of the disk of {directory}: {error}") from error
    sizes = {topic: sum(map(file_bytes, _files(directory / f"{topic}.db"))) for topic in topics}
    return Usage(disk.f_bavail * disk.f_frsize, disk.f_blocks * disk.f_frsize, sizes)


def _files(database: Path) -> tuple[Path, Path]:
    return database, wal_of(database)


def wal_of(database: Path) -> Path:
    return database.with_name(database.name + "-wal")


def file_bytes(file: Path) -> int:
    """Disk usage of a file; 0 when there is none."""
    try:
        return file.stat().st_blocks * 512
    except OSError:
        return 0
