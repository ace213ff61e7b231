"""The bus of the embedded mode: a directory with one SQLite file per topic and one per group.

Any number of processes may append to and read from the same directory. A group has one member at a time, which holds an
operating system lock; the lock is released when its process dies.
"""

import fcntl
import os
import re
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path

from headwater.bus import topic_log
from headwater.bus.embedded_consumer import EmbeddedConsumer
from headwater.bus.embedded_progress import EmbeddedProgress, usage
from headwater.bus.errors import BusError, Damaged, DiskFull, Unavailable, UnknownTopic
from headwater.bus.groups import Group
from headwater.bus.port import Outgoing, Position, Producer, TopicPartition, Usage, check_size
from headwater.bus.topic_writer import TopicWriter
from headwater.bus.wake import Wake
from headwater.contracts.storage import Disk, free_bytes
from headwater.contracts.times import utc_now

_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}")
TRIM_STEP = 5_000


class EmbeddedBus:
    """A durable log in `directory`, which is created when missing.

    `fsync=False` survives a crash of the process, not of the machine. `floor`: free bytes below which producers are
    refused, so that consumers and accounts can still write.
    """

    def __init__(
        self,
        directory: Path,
        *,
        clock: Callable[[], int] = utc_now,
        fsync: bool = True,
        floor: int = 0,
        free: Callable[[Path], int] = free_bytes,
    ) -> None:
        self._directory, self._clock, self._fsync = directory, clock, fsync
        self._disk = Disk(directory, floor=floor, free=free)
        (directory / "groups").mkdir(parents=True, exist_ok=True)
        self._created = _Names(directory / "topics")
        self._wake = Wake(directory / "wake")
        self._writers: dict[str, TopicWriter] = {}
        self._lock = threading.Lock()
        self._closed = False

    def producer(self) -> Producer:
        return EmbeddedProducer(self._writer_with_room)

    def open_writers(self, topics: Iterable[str]) -> None:
        """Open files and start threads now, so that `send` to these topics never waits. Raises UnknownTopic."""
        for topic in topics:
            self._writer(topic).start()

    def consumer(self, *, group: str | None, topics: Sequence[str]) -> EmbeddedConsumer:
        with ExitStack() as opened:
            logs = {topic: opened.enter_context(closing(self._connect(topic))) for topic in topics}
            place = None if group is None else Group(self._directory / "groups", _checked(group))
            if place is not None:
                opened.callback(place.close)
            consumer = EmbeddedConsumer(logs, place, self._wake.reader(topics))
            opened.pop_all()  # closed by the consumer from here on
            return consumer

    def progress(self, *, group: str, topics: Sequence[str]) -> EmbeddedProgress:
        with ExitStack() as opened:
            logs = {topic: opened.enter_context(closing(self._connect(topic))) for topic in topics}
            opened.pop_all()  # closed by the caller from here on
            return EmbeddedProgress(logs, self._directory / "groups" / f"{_checked(group)}.db")

    def usage(self) -> Usage:
        return usage(self._directory, sorted(self.created()))

    def create_topics(self, partitions: Mapping[str, int]) -> list[str]:
        with _locked(self._directory / "create.lock"):
            missing = [topic for topic in partitions if not self._exists(_checked(topic))]
            for topic in missing:
                try:
                    topic_log.create(self._path(topic), partitions[topic])
                except sqlite3.Error as error:
                    raise topic_log.failure(error, self._path(topic), f"create topic {topic!r}") from error
            self._created.add([*missing, *partitions])
        return missing

    def created(self) -> frozenset[str]:
        """The topics that were ever created here."""
        return self._created.read()

    def check(self) -> None:
        """Check that the directory is writable, has space, and that an append would succeed."""
        if not os.access(self._directory, os.W_OK):
            raise Unavailable(f"{self._directory} is gone or not writable")
        self._require_room()
        with self._lock:
            writers = list(self._writers.values())
        for writer in writers:
            writer.probe()

    def trim(self, topic: str, *, before: int) -> int:
        """Drop records that arrived before `before` (microseconds) and that every group of the topic has passed.

        Returns how many. The newest record of a partition always stays, and so do all after one that stays.
        """
        passed = Group.committed_by_all(self._directory / "groups", topic)
        log = self._connect(topic)
        try:
            dropped = 0
            for partition in range(topic_log.partitions_of(log, topic)):
                last = topic_log.next_offset(log, partition) - 1
                below = min(last, passed.get(TopicPartition(topic, partition), last))
                at = topic_log.first_offset(log, partition)
                while at < below:  # in steps, between which producers can write
                    at += TRIM_STEP
                    step = topic_log.trim(log, partition, below=min(at, below), before=before)
                    dropped += step
                    if step == 0:
                        break
            return dropped
        except sqlite3.Error as error:
            raise topic_log.failure(error, self._path(topic), f"trim topic {topic!r}") from error
        finally:
            log.close()

    def close(self) -> None:
        with self._lock:
            self._closed = True
            writers = list(self._writers.values())
        for writer in writers:
            writer.close()
        self._wake.close()

    def _path(self, topic: str) -> Path:
        return self._directory / f"{topic}.db"

    def _exists(self, topic: str) -> bool:
        try:
            self._connect(topic).close()
        except UnknownTopic:
            return False
        except Damaged:
            return True
        return True

    def _connect(self, topic: str) -> sqlite3.Connection:
        """Raises UnknownTopic, Unavailable or Damaged: a topic that was created and is missing was lost."""
        path = self._path(_checked(topic))
        try:
            if not path.exists():
                raise UnknownTopic(topic)
            connection = topic_log.connect(path, fsync=self._fsync)
            try:
                topic_log.partitions_of(connection, topic)
            except BaseException:
                connection.close()
                raise
        except sqlite3.Error as error:
            raise topic_log.failure(error, path, f"open topic {topic!r}") from error
        except UnknownTopic:
            if topic in self._created:
                found = "it is empty" if path.exists() else "it is missing"
                raise Damaged(path, found, topic_log.REMEDY) from None
            raise
        return connection

    def _require_room(self) -> None:
        if self._disk.is_full():
            raise DiskFull(self._directory, self._disk.free(), self._disk.shortage())

    def _writer_with_room(self, topic: str) -> TopicWriter:
        self._require_room()
        return self._writer(topic)

    def _writer(self, topic: str) -> TopicWriter:
        writer = self._writers.get(topic)
        if writer is None:
            self._connect(topic).close()
            with self._lock:
                if self._closed:
                    raise Unavailable("the bus is closed")
                writer = self._writers.get(topic)
                if writer is None:
                    appended = partial(self._wake.ring, topic)
                    writer = TopicWriter(
                        self._path(topic), topic, clock=self._clock, appended=appended, fsync=self._fsync
                    )
                    self._writers[topic] = writer
        return writer


class EmbeddedProducer:
    """Appends through the bus's writers; cheap, and closing it does not stop them."""

    def __init__(self, writer: Callable[[str], TopicWriter]) -> None:
        self._writer = writer

    def send(self, record: Outgoing) -> "Future[Position]":
        position: Future[Position] = Future()
        try:
            done = self._writer(record.topic).append([record])
        except BusError as error:
            position.set_exception(error)
        else:
            done.add_done_callback(lambda batch: _first(batch, position))
        return position

    def send_all(self, records: Sequence[Outgoing], *, timeout: float) -> list[Position]:
        if len({record.topic for record in records}) == 1:
            return self._writer(records[0].topic).write(records, timeout=timeout)
        by_topic: dict[str, list[int]] = {}
        for index, record in enumerate(records):
            check_size(record)
            by_topic.setdefault(record.topic, []).append(index)
        writers = {topic: self._writer(topic) for topic in by_topic}
        waiting = [(places, writers[topic].append([records[i] for i in places])) for topic, places in by_topic.items()]
        deadline = time.monotonic() + timeout
        positions: list[tuple[int, Position]] = []
        for places, done in waiting:
            try:
                positions += zip(places, done.result(max(0.0, deadline - time.monotonic())), strict=True)
            except FutureTimeout:
                raise Unavailable(f"not on disk after {timeout:g} s") from None
        return [position for _, position in sorted(positions)]

    def close(self) -> None:
        """Nothing to do: the bus owns the writers."""


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold an operating system lock on `path`; other processes wait."""
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


class _Names:
    """Topics that were created, in a file beside them: one that is lost must not be created again."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __contains__(self, topic: str) -> bool:
        return topic in self.read()

    def add(self, topics: Sequence[str]) -> None:
        known = self.read()
        if known.issuperset(topics):
            return
        staged = self._path.with_suffix(".new")
        with staged.open("w") as file:
            file.write("".join(f"{name}\n" for name in sorted(known.union(topics))))
            file.flush()
            os.fsync(file.fileno())
        staged.replace(self._path)

    def read(self) -> frozenset[str]:
        try:
            return frozenset(self._path.read_text().split())
        except FileNotFoundError:
            return frozenset()


def _first(batch: "Future[list[Position]]", position: "Future[Position]") -> None:
    error = batch.exception()
    if error is not None:
        position.set_exception(error)
    else:
        position.set_result(batch.result()[0])


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} cannot name a topic or group: use letters, digits, '.', '_' and '-'")
    return name
