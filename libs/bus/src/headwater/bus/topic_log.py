"""One topic as one SQLite file: a table per partition, the offset as its primary key.

Several processes may append to the same file; SQLite's write lock orders them, and the
offset is read inside the transaction, so offsets stay dense. Each record has a checksum of its whole content, and
`begins` stores where a partition begins after trimming: so a reader can detect changed records, and distinguish trimmed
records from lost ones.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import crc32c
import msgspec

from headwater.bus.errors import Damaged, DiskFull, Fatal, Unavailable, UnknownTopic
from headwater.bus.port import Outgoing, Record
from headwater.contracts.storage import sqlite_fault

FORMAT = 2
# Shorter than a request waits for its events to be durable, so that a blocked writer fails in time.
BUSY_SECONDS = 3
PAGE_BYTES = 16 * 1024
CHECKPOINT_BYTES = 16 * 1024 * 1024
REMEDY = "stop the product and restore the file from a backup; headwater doctor --deep lists what is damaged"

_unpack = msgspec.msgpack.Decoder(tuple[tuple[str, bytes], ...]).decode
_pack = msgspec.msgpack.Encoder().encode
_crc = crc32c.crc32c
NO_HEADERS = msgspec.msgpack.encode(())


def connect(path: Path, *, fsync: bool = True, create: bool = False) -> sqlite3.Connection:
    """A connection in autocommit mode with the log's pragmas."""
    uri = f"{path.absolute().as_uri()}?mode={'rwc' if create else 'rw'}"
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False, timeout=BUSY_SECONDS)
    try:
        # Events of a few kilobytes: larger pages waste less on overflow. Fixed when the file is created.
        connection.execute(f"PRAGMA page_size={PAGE_BYTES}")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(f"PRAGMA synchronous={'FULL' if fsync else 'NORMAL'}")
        connection.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_BYTES // PAGE_BYTES}")
        connection.execute("PRAGMA journal_size_limit=67108864")
    except BaseException:
        connection.close()
        raise
    return connection


def create(path: Path, partitions: int) -> None:
    """Create the file and its tables in one transaction. The caller holds the directory's lock."""
    connection = connect(path, create=True)
    try:
        connection.execute("BEGIN IMMEDIATE")
        for partition in range(partitions):
            connection.execute(
                f"CREATE TABLE IF NOT EXISTS records_{partition} (offset INTEGER PRIMARY KEY, timestamp INTEGER "
                "NOT NULL, key BLOB, headers BLOB NOT NULL, value BLOB NOT NULL, crc INTEGER NOT NULL)"
            )
        connection.execute("CREATE TABLE IF NOT EXISTS topic (partitions INTEGER NOT NULL)")
        connection.execute("CREATE TABLE IF NOT EXISTS begins (partition INTEGER PRIMARY KEY, offset INTEGER NOT NULL)")
        connection.execute("INSERT INTO topic SELECT ? WHERE NOT EXISTS (SELECT 1 FROM topic)", (partitions,))
        connection.execute(f"PRAGMA user_version={FORMAT}")
        connection.execute("COMMIT")
    finally:
        connection.close()


def partitions_of(connection: sqlite3.Connection, topic: str) -> int:
    """The number of partitions in the file. Raises UnknownTopic before its creation is complete."""
    (written,) = connection.execute("PRAGMA user_version").fetchone()
    if written == 0:
        raise UnknownTopic(topic)
    if written != FORMAT:
        raise Fatal(
            f"topic {topic!r} was written in format {written}, this program reads {FORMAT}: use the version that "
            "wrote it, or start with a new data directory"
        )
    (partitions,) = connection.execute("SELECT partitions FROM topic").fetchone()
    return int(partitions)


def next_offset(connection: sqlite3.Connection, partition: int) -> int:
    # Trimming keeps the newest record, so the highest offset never falls.
    (last,) = connection.execute(f"SELECT max(offset) FROM records_{partition}").fetchone()
    return 0 if last is None else int(last) + 1


def first_offset(connection: sqlite3.Connection, partition: int) -> int:
    """The lowest offset that was not trimmed."""
    row = connection.execute("SELECT offset FROM begins WHERE partition = ?", (partition,)).fetchone()
    return int(row[0]) if row else 0


def arrival(connection: sqlite3.Connection, partition: int, offset: int) -> int | None:
    """When the first record at or after `offset` arrived."""
    row = connection.execute(
        f"SELECT timestamp FROM records_{partition} WHERE offset >= ? ORDER BY offset LIMIT 1", (offset,)
    ).fetchone()
    return int(row[0]) if row else None


def packed(headers: tuple[tuple[str, bytes], ...]) -> bytes:
    return _pack(headers) if headers else NO_HEADERS


def content_sum(record: Outgoing, headers: bytes) -> int:
    """The checksum of the producer's part of a record, CRC-32C."""
    return _crc(record.value, _crc(headers, _crc(record.key) if record.key else 0))


def placed_sum(content: int, offset: int, timestamp: int) -> int:
    """The checksum of a stored record: it also changes with any single bit of the offset or the time."""
    return content ^ ((offset * 0x9E3779B1 + timestamp + (timestamp >> 32)) & 0xFFFFFFFF)


def read(connection: sqlite3.Connection, topic: str, partition: int, offset: int, limit: int) -> Iterator[Record]:
    """Records from `offset` on, at most `limit`, fetched lazily. Trimmed records are skipped. Raises Damaged at a
    changed record, and where records are missing.
    """
    rows = connection.execute(
        f"SELECT offset, key, value, headers, timestamp, crc FROM records_{partition} "
        "WHERE offset >= ? ORDER BY offset LIMIT ?",
        (offset, limit),
    )
    expected = offset
    for at, key, value, headers, timestamp, crc in rows:
        if at != expected and at > max(expected, first_offset(connection, partition)):
            raise Damaged(path_of(connection), f"partition {partition} lacks offsets {expected} to {at - 1}", REMEDY)
        if not _is_intact(at, key, value, headers, timestamp, crc):
            raise Damaged(path_of(connection), f"the record at {partition}/{at} is not what was written", REMEDY)
        expected = at + 1
        unpacked = () if headers == NO_HEADERS else _unpack(headers)
        yield Record(topic, partition, at, key, value, unpacked, timestamp)


def _is_intact(at: Any, key: Any, value: Any, headers: Any, timestamp: Any, crc: Any) -> bool:
    """As `placed_sum`; damage may have changed the types too."""
    try:
        return bool(placed_sum(_crc(value, _crc(headers, _crc(key) if key else 0)), at, timestamp) == crc)
    except (TypeError, ValueError):
        return False


def path_of(connection: sqlite3.Connection) -> str:
    """The file behind a connection."""
    return str(connection.execute("PRAGMA database_list").fetchone()[2])


@contextmanager
def reading(connection: sqlite3.Connection) -> Iterator[None]:
    """Around reads of a log: maps SQLite's errors to those of the bus."""
    try:
        yield
    except sqlite3.ProgrammingError:
        raise  # a closed log: a bug in the caller
    except sqlite3.Error as error:
        raise failure(error, Path(path_of(connection)), "read the log") from error


def failure(error: sqlite3.Error, path: Path, doing: str, *, remedy: str = REMEDY) -> Damaged | DiskFull | Unavailable:
    """The error of the bus for an error of SQLite."""
    fault = sqlite_fault(error, path, remedy=remedy, full=DiskFull, damaged=Damaged)
    return fault or Unavailable(f"cannot {doing}: {error}")


def trim(connection: sqlite3.Connection, partition: int, *, below: int, before: int) -> int:
    """Drop the oldest records, up to the first at offset `below` or not older than `before`. Returns how many."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        kept = f"SELECT min(offset) FROM records_{partition} WHERE offset >= ? OR timestamp >= ?"
        (first,) = connection.execute(kept, (below, before)).fetchone()
        dropped = 0
        if first is not None:
            dropped = connection.execute(f"DELETE FROM records_{partition} WHERE offset < ?", (first,)).rowcount
        if dropped:
            connection.execute("INSERT OR REPLACE INTO begins VALUES (?, ?)", (partition, first))
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return dropped
