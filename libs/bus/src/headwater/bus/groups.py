"""A group of the embedded log: one file for its lock, one for its committed offsets."""

import fcntl
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path

from headwater.bus.errors import GroupTaken
from headwater.bus.port import TopicPartition
from headwater.bus.topic_log import connect, failure

REMEDY = "stop the product and remove the file with its -wal and -shm: it is only a cache, and is created again"


class Group:
    """The lock of the only member. The operating system releases it when the process dies."""

    def __init__(self, directory: Path, name: str) -> None:
        self._lock = (directory / f"{name}.lock").open("ab")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.close()
            raise GroupTaken(name) from None
        # Commits are for display, or may lag behind at-least-once work: they need not survive a power failure.
        self._path = directory / f"{name}.db"
        try:
            self._offsets = connect(self._path, fsync=False, create=True)
            self._offsets.execute(
                "CREATE TABLE IF NOT EXISTS committed (topic TEXT, partition INTEGER, next INTEGER NOT NULL, "
                "PRIMARY KEY (topic, partition))"
            )
        except sqlite3.Error as error:
            self._lock.close()
            raise failure(error, self._path, "open the group's offsets", remedy=REMEDY) from error

    def join(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """Committed offsets; new partitions begin at 0, and prevent trimming from now on."""
        rows = [(source.topic, source.partition) for source in partitions]
        try:
            self._offsets.executemany("INSERT OR IGNORE INTO committed VALUES (?, ?, 0)", rows)
            return _committed(self._offsets)
        except sqlite3.Error as error:
            raise failure(error, self._path, "read the group's offsets", remedy=REMEDY) from error

    def commit(self, positions: Mapping[TopicPartition, int]) -> None:
        rows = [(source.topic, source.partition, offset) for source, offset in positions.items()]
        try:
            self._offsets.execute("BEGIN IMMEDIATE")
            self._offsets.executemany("INSERT OR REPLACE INTO committed VALUES (?, ?, ?)", rows)
            self._offsets.execute("COMMIT")
        except sqlite3.Error as error:
            if self._offsets.in_transaction:
                self._offsets.execute("ROLLBACK")
            raise failure(error, self._path, "store the group's offsets", remedy=REMEDY) from error

    def close(self) -> None:
        self._offsets.close()
        self._lock.close()

    @staticmethod
    def committed_by_all(directory: Path, topic: str) -> dict[TopicPartition, int]:
        """The lowest committed offset of any group, by partition of `topic`."""
        lowest: dict[TopicPartition, int] = {}
        for path in directory.glob("*.db"):
            offsets = connect(path, fsync=False)
            try:
                for source, offset in _committed(offsets).items():
                    if source.topic == topic:
                        lowest[source] = min(offset, lowest.get(source, offset))
            finally:
                offsets.close()
        return lowest


def committed(path: Path) -> dict[TopicPartition, int]:
    """The committed offsets of the group in this file; none before its first member."""
    if not path.exists():
        return {}
    try:
        with closing(connect(path, fsync=False)) as offsets:
            return _committed(offsets)
    except sqlite3.Error as error:
        if "no such table" in str(error):
            return {}
        raise failure(error, path, "read the group's offsets", remedy=REMEDY) from error


def _committed(offsets: sqlite3.Connection) -> dict[TopicPartition, int]:
    rows = offsets.execute("SELECT topic, partition, next FROM committed")
    return {TopicPartition(topic, partition): offset for topic, partition, offset in rows}
