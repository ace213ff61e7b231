"""One topic as one SQLite file: a table per partition, the offset as its primary key.

All appends of a process go through one writer thread, which commits whatever is waiting
as one transaction (group commit): producers wait for the disk together, not in turn.
Several processes may append to the same file; SQLite's write lock orders them, and the
offset is read inside the transaction, so offsets stay dense.
"""

import queue
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from itertools import count
from pathlib import Path
from typing import NamedTuple

import msgspec

from headwater.bus.errors import BusError, Fatal, Unavailable, UnknownTopic
from headwater.bus.partitioner import partition_of
from headwater.bus.port import Outgoing, Position, Record

FORMAT = 1
GROUP_COMMIT_BYTES = 32 * 1024 * 1024
WAITING_BYTES = 128 * 1024 * 1024
BUSY_SECONDS = 10
PAGE_BYTES = 16 * 1024
CHECKPOINT_BYTES = 16 * 1024 * 1024

_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(tuple[tuple[str, bytes], ...]).decode
_NO_HEADERS = _pack(())


def connect(path: Path, *, fsync: bool = True, create: bool = False) -> sqlite3.Connection:
    """A connection in autocommit mode with the log's pragmas."""
    uri = f"{path.absolute().as_uri()}?mode={'rwc' if create else 'rw'}"
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False, timeout=BUSY_SECONDS)
    # Events of a few kilobytes: larger pages waste less on overflow. Fixed when the file is made.
    connection.execute(f"PRAGMA page_size={PAGE_BYTES}")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute(f"PRAGMA synchronous={'FULL' if fsync else 'NORMAL'}")
    connection.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_BYTES // PAGE_BYTES}")
    connection.execute("PRAGMA journal_size_limit=67108864")
    return connection


def create(path: Path, partitions: int) -> None:
    """Make the file and its tables in one transaction. The caller holds the directory's lock."""
    connection = connect(path, create=True)
    try:
        connection.execute("BEGIN IMMEDIATE")
        for partition in range(partitions):
            connection.execute(
                f"CREATE TABLE IF NOT EXISTS records_{partition} (offset INTEGER PRIMARY KEY, "
                "timestamp INTEGER NOT NULL, key BLOB, headers BLOB NOT NULL, value BLOB NOT NULL)"
            )
        connection.execute("CREATE TABLE IF NOT EXISTS topic (partitions INTEGER NOT NULL)")
        connection.execute("INSERT INTO topic SELECT ? WHERE NOT EXISTS (SELECT 1 FROM topic)", (partitions,))
        connection.execute(f"PRAGMA user_version={FORMAT}")
        connection.execute("COMMIT")
    finally:
        connection.close()


def partitions_of(connection: sqlite3.Connection, topic: str) -> int:
    """How many partitions the file holds. Raises UnknownTopic before its creation is complete."""
    (written,) = connection.execute("PRAGMA user_version").fetchone()
    if written == 0:
        raise UnknownTopic(topic)
    if written != FORMAT:
        raise Fatal(
            f"topic {topic!r} was written in format {written}, this program reads {FORMAT}: use the newer program"
        )
    (partitions,) = connection.execute("SELECT partitions FROM topic").fetchone()
    return int(partitions)


def next_offset(connection: sqlite3.Connection, partition: int) -> int:
    # Trimming keeps the newest record, so the highest offset never falls.
    (last,) = connection.execute(f"SELECT max(offset) FROM records_{partition}").fetchone()
    return 0 if last is None else int(last) + 1


def read(connection: sqlite3.Connection, topic: str, partition: int, offset: int, limit: int) -> Iterator[Record]:
    """Records from `offset` on, at most `limit`, fetched as they are asked for."""
    rows = connection.execute(
        f"SELECT offset, key, value, headers, timestamp FROM records_{partition} "
        "WHERE offset >= ? ORDER BY offset LIMIT ?",
        (offset, limit),
    )
    for at, key, value, headers, timestamp in rows:
        unpacked = () if headers == _NO_HEADERS else _unpack(headers)
        yield Record(topic, partition, at, key, value, unpacked, timestamp)


class _Append(NamedTuple):
    """Records of one caller, in order, and the promise that they lie on disk."""

    records: Sequence[Outgoing]
    headers: Sequence[bytes]
    size: int
    done: "Future[list[Position]]"


class TopicWriter:
    """The one writer of a topic in this process."""

    def __init__(
        self,
        path: Path,
        topic: str,
        *,
        clock: Callable[[], int],
        appended: Callable[[], None],
        fsync: bool = True,
        waiting_bytes: int = WAITING_BYTES,
    ) -> None:
        self._path, self._topic, self._fsync = path, topic, fsync
        self._clock, self._appended = clock, appended
        self._limit, self._waiting = waiting_bytes, 0
        self._queue: queue.SimpleQueue[_Append | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._closed = False
        self._round_robin = count()
        self.failure: str | None = None
        self._thread = threading.Thread(target=self._run, name=f"bus-{topic}", daemon=True)
        self._thread.start()

    def append(self, records: Sequence[Outgoing]) -> "Future[list[Position]]":
        """Queue records that become durable together, in this order."""
        size = sum(record.size for record in records)
        headers = [_pack(record.headers) if record.headers else _NO_HEADERS for record in records]
        item = _Append(records, headers, size, Future())
        with self._lock:
            if self._closed:
                item.done.set_exception(Unavailable("the log is closed"))
            elif self._waiting and self._waiting + size > self._limit:
                item.done.set_exception(Unavailable(f"{self._waiting} bytes wait for the disk already"))
            else:
                self._waiting += size
                self._queue.put(item)
        return item.done

    def close(self) -> None:
        """Write what is queued, then stop."""
        with self._lock:
            self._closed = True
            self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        connection: sqlite3.Connection | None = None
        while (batch := self._take()) is not None:
            try:
                if connection is None:
                    connection = connect(self._path, fsync=self._fsync)
                    self._partitions = partitions_of(connection, self._topic)
                positions = self._commit(connection, batch)
            except (sqlite3.Error, OSError, BusError) as error:
                self.failure = f"cannot append to {self._topic}: {error}"
                for item in batch:
                    item.done.set_exception(Unavailable(self.failure))
                if connection is not None:
                    connection.close()
                    connection = None
            else:
                self.failure = None
                self._appended()
                for item, at in zip(batch, positions, strict=True):
                    item.done.set_result(at)
            with self._lock:
                self._waiting -= sum(item.size for item in batch)
        if connection is not None:
            connection.close()

    def _take(self) -> list[_Append] | None:
        """All that waits, up to one transaction's size. None: the writer was closed."""
        first = self._queue.get()
        if first is None:
            return None
        batch, size = [first], first.size
        while size < GROUP_COMMIT_BYTES:
            try:
                item = self._queue.get_nowait()
            except queue.Empty:
                break
            if item is None:
                self._queue.put(None)
                break
            batch.append(item)
            size += item.size
        return batch

    def _commit(self, connection: sqlite3.Connection, batch: Iterable[_Append]) -> list[list[Position]]:
        now = self._clock()
        rows: dict[int, list[tuple[int, int, bytes | None, bytes, bytes]]] = {}
        offsets: dict[int, int] = {}
        positions: list[list[Position]] = []
        connection.execute("BEGIN IMMEDIATE")
        try:
            for item in batch:
                written = []
                for record, headers in zip(item.records, item.headers, strict=True):
                    partition = self._partition(record.key)
                    if partition not in offsets:
                        offsets[partition] = next_offset(connection, partition)
                    offset = offsets[partition]
                    offsets[partition] = offset + 1
                    rows.setdefault(partition, []).append((offset, now, record.key, headers, record.value))
                    written.append(Position(self._topic, partition, offset))
                positions.append(written)
            for partition, values in rows.items():
                connection.executemany(f"INSERT INTO records_{partition} VALUES (?, ?, ?, ?, ?)", values)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        return positions

    def _partition(self, key: bytes | None) -> int:
        if self._partitions == 1:
            return 0
        return partition_of(key, self._partitions) if key is not None else next(self._round_robin) % self._partitions
