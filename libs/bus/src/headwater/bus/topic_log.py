"""One topic as one SQLite file: a table per partition, the offset as its primary key.

Several processes may append to the same file; SQLite's write lock orders them, and the
offset is read inside the transaction, so offsets stay dense.
"""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import msgspec

from headwater.bus.errors import Fatal, UnknownTopic
from headwater.bus.port import Record

FORMAT = 1
# Shorter than a request waits for its events to be durable: a writer that is kept out answers in time.
BUSY_SECONDS = 3
PAGE_BYTES = 16 * 1024
CHECKPOINT_BYTES = 16 * 1024 * 1024

_unpack = msgspec.msgpack.Decoder(tuple[tuple[str, bytes], ...]).decode
NO_HEADERS = msgspec.msgpack.encode(())


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
        unpacked = () if headers == NO_HEADERS else _unpack(headers)
        yield Record(topic, partition, at, key, value, unpacked, timestamp)
