"""The child process of test_loop_killed: a loop over a SQLite store that kills itself after a step, or inside one."""

import os
import signal
import sqlite3
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from headwater.bus.deadletter import dead_letters
from headwater.bus.embedded import EmbeddedBus
from headwater.bus.errors import Poison
from headwater.bus.loop import Loop
from headwater.bus.port import Record, TopicPartition


class SqliteStore:
    """Items and offsets in one transaction, as every service keeps them; an item stored twice is an error."""

    def __init__(self, path: Path, at: Callable[[str], None]) -> None:
        self.at = at
        self.db = sqlite3.connect(path, isolation_level=None)
        self.db.execute("CREATE TABLE IF NOT EXISTS items (source INTEGER PRIMARY KEY, value BLOB)")
        self.db.execute("CREATE TABLE IF NOT EXISTS offsets (topic TEXT PRIMARY KEY, next INTEGER)")

    def positions(self) -> dict[TopicPartition, int]:
        return {TopicPartition(topic, 0): at for topic, at in self.db.execute("SELECT topic, next FROM offsets")}

    def decode(self, record: Record) -> bytes:
        if record.value == b"garbage":
            raise Poison("garbage")
        return record.value

    def handle(self, items: Sequence[tuple[Record, bytes]], positions: Mapping[TopicPartition, int]) -> None:
        if any(value == b"poison" for _, value in items):
            raise Poison("poison")
        self.db.execute("BEGIN IMMEDIATE")
        self.db.executemany("INSERT INTO items VALUES (?, ?)", [(record.offset, value) for record, value in items])
        moved = [(source.topic, at) for source, at in positions.items()]
        self.db.executemany("INSERT OR REPLACE INTO offsets VALUES (?, ?)", moved)
        self.at("handling")
        self.db.execute("COMMIT")


def main(directory: Path, step: str, times: int) -> None:
    left = times

    def at(completed: str) -> None:
        nonlocal left
        left -= completed == step
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    bus = EmbeddedBus(directory / "log")
    store = SqliteStore(directory / "store.db", at)
    consumer = bus.consumer(group="g", topics=["t"])
    stop = threading.Event()
    loop = Loop(consumer, store, dead_letters(bus, service="test"), stop=stop, max_records=7, poll_timeout=0.01, at=at)
    end = consumer.end_offsets()[TopicPartition("t", 0)]
    while store.positions().get(TopicPartition("t", 0), 0) < end:
        loop.step()
    bus.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
