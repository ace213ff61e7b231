"""Appends to one topic of the embedded log, by group commit: concurrent producers share one fsync.

There is one pen, a lock passed from caller to caller. A caller that finds it free writes everything queued at once, on
its own thread; callers that arrive meanwhile queue, and the pen passes to the first in the queue, which again writes
for all. So a single caller waits only for the disk, and eight callers share one transaction. For callers that do not
wait, a thread of the writer takes the pen.
"""

import queue
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from itertools import count
from pathlib import Path

from headwater.bus import topic_log
from headwater.bus.errors import BusError, DiskFull, Unavailable
from headwater.bus.partitioner import partition_of
from headwater.bus.port import MESSAGE_LIMIT, Outgoing, Position, check_size
from headwater.bus.topic_log import connect, content_sum, next_offset, packed, partitions_of, placed_sum

GROUP_COMMIT_BYTES = 32 * 1024 * 1024
WAITING_BYTES = 128 * 1024 * 1024
AT_ONCE = 512


class _Append:
    """Records of one caller, in order. `gate` is released when they are settled, or when the caller gets the pen."""

    __slots__ = ("error", "future", "gate", "gone", "headers", "leads", "positions", "records", "size", "sums")

    def __init__(self, records: Sequence[Outgoing], future: "Future[list[Position]] | None") -> None:
        """Raises RecordTooLarge."""
        self.records = records
        self.headers = [packed(record.headers) for record in records]
        self.size = sum(map(len, self.headers))
        self.size += sum([len(record.value) + len(record.key or b"") for record in records])
        if self.size > MESSAGE_LIMIT:  # else none of them exceeds it alone
            for record in records:
                check_size(record)
        self.sums = list(map(content_sum, records, self.headers))
        self.future = future
        self.gate = threading.Lock()
        self.gate.acquire()
        self.leads = self.gone = False
        self.positions: list[Position] | None = None
        self.error: BusError | None = None

    @property
    def settled(self) -> bool:
        return self.positions is not None or self.error is not None

    def settle(self, positions: list[Position] | None, error: BusError | None) -> None:
        self.positions, self.error = positions, error
        if self.future is None:
            self.gate.release()
        elif error is not None:
            self.future.set_exception(error)
        elif positions is not None:
            self.future.set_result(positions)


class TopicWriter:
    """The only writer of a topic in this process."""

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
        self._queue: deque[_Append] = deque()
        self._pen = threading.Condition(threading.Lock())
        self._held = False
        self._closed = False
        self._round_robin = count()
        self._connection: sqlite3.Connection | None = None
        self._partitions = 1
        self._expected: int | None = None  # the next offset of a topic with one partition, unless others append too
        self.failure: BusError | None = None
        self._errands: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread that writes for callers that do not wait, so that none of them has to start it."""
        thread = threading.Thread(target=self._run, name=f"bus-{self._topic}", daemon=True)
        with self._pen:
            if self._thread is not None or self._closed:
                return
            self._thread = thread
        thread.start()  # blocks until the thread runs: not while others wait for the pen

    def write(self, records: Sequence[Outgoing], *, timeout: float) -> list[Position]:
        """Append records that become durable together, in this order, and wait. Raises BusError."""
        item = _Append(records, None)
        if self._enter(item):
            self._lead(item)
        elif not item.gate.acquire(timeout=timeout):
            self._give_up(item, timeout)
        if item.leads and not item.settled:
            self._lead(item)
        if item.error is not None:
            raise item.error
        assert item.positions is not None
        return item.positions

    def append(self, records: Sequence[Outgoing]) -> "Future[list[Position]]":
        """Queue records that become durable together, in this order. The future fails as `write` does."""
        done: Future[list[Position]] = Future()
        try:
            if self._enter(_Append(records, done)):
                self._send_thread()
        except BusError as error:
            done.set_exception(error)
        return done

    def probe(self) -> None:
        """After a failure: check whether an append would succeed now. Raises its error."""
        if self.failure is None:
            return
        try:
            connection = connect(self._path, fsync=self._fsync)
            try:
                connection.execute("BEGIN IMMEDIATE")
                connection.execute(f"PRAGMA user_version={topic_log.FORMAT}")
                connection.execute("COMMIT")
            finally:
                connection.close()
        except sqlite3.Error as error:
            raise self._failed(error) from error
        if isinstance(self.failure, DiskFull):
            self.failure = None
        else:
            raise self.failure

    def close(self) -> None:
        """Write what is queued, then stop."""
        with self._pen:
            self._closed = True
            self._pen.wait_for(lambda: not self._held)
            thread = self._thread
        if thread is not None:
            self._errands.put(False)
            thread.join()
        if self._connection is not None:
            self._connection.close()

    def _enter(self, item: _Append) -> bool:
        """Queue `item`; True when its caller has the pen. Raises Unavailable when closed or the queue is full."""
        with self._pen:
            if self._closed:
                raise Unavailable("the log is closed")
            if self._waiting and self._waiting + item.size > self._limit:
                raise Unavailable(f"{self._waiting} bytes are waiting for the disk already")
            self._waiting += item.size
            self._queue.append(item)
            free, self._held = not self._held, True
            return free

    def _lead(self, own: _Append | None) -> None:
        """Write until `own` is settled, or, without it, until the queue is empty; then pass the pen on."""
        while own is None or not own.settled:
            batch = self._take()
            if not batch:
                break
            self._write(batch)
        self._pass_on()

    def _pass_on(self) -> None:
        """Pass it to the first in the queue, or to the thread if that one does not wait; else release it."""
        with self._pen:
            if not self._queue:
                self._held = False
                self._pen.notify_all()
                return
            first = self._queue[0]
            if first.future is None and not first.gone:
                first.leads = True
                first.gate.release()
                return
        self._send_thread()

    def _give_up(self, item: _Append, timeout: float) -> None:
        """Leave the queue after `timeout`, unless the pen or the result arrived at the last moment."""
        with self._pen:
            if item.leads or item.settled:
                return
            item.gone = True
        raise Unavailable(f"not on disk after {timeout:g} s")

    def _send_thread(self) -> None:
        if self._thread is None:
            self.start()
        self._errands.put(True)

    def _run(self) -> None:
        while self._errands.get():
            self._lead(None)

    def _take(self) -> list[_Append]:
        """Queued records, up to the size of one transaction."""
        batch: list[_Append] = []
        size = 0
        with self._pen:
            while self._queue and size < GROUP_COMMIT_BYTES:
                item = self._queue.popleft()
                batch.append(item)
                size += item.size
        return batch

    def _write(self, batch: Sequence[_Append]) -> None:
        """Write one transaction, and pass its outcome to all."""
        positions: list[list[Position]] | None = None
        failed: BusError | None = None
        try:
            positions = self._commit(self._open(), batch)
        except Exception as error:  # whatever it is, waiting callers must get it and the pen must be passed on
            failed = self._failed(error)
            if self._connection is not None:
                self._connection.close()
                self._connection = self._expected = None
        self.failure = failed
        with self._pen:
            self._waiting -= sum([item.size for item in batch])
        if positions is not None:
            self._appended()
        for index, item in enumerate(batch):
            item.settle(positions[index] if positions is not None else None, failed)

    def _failed(self, error: Exception) -> BusError:
        doing = f"append to {self._topic}"
        if isinstance(error, sqlite3.Error):
            return topic_log.failure(error, self._path, doing)
        return error if isinstance(error, BusError) else Unavailable(f"cannot {doing}: {error}")

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = connect(self._path, fsync=self._fsync)
            self._partitions = partitions_of(self._connection, self._topic)
        return self._connection

    def _commit(self, connection: sqlite3.Connection, batch: Sequence[_Append]) -> list[list[Position]]:
        if self._partitions == 1 and sum([len(item.records) for item in batch]) <= AT_ONCE:
            found = self._insert_at_once(connection, batch)
            if found is not None:
                return found
        return self._insert_in_turn(connection, batch)

    def _insert_at_once(self, connection: sqlite3.Connection, batch: Sequence[_Append]) -> list[list[Position]] | None:
        """The transaction as one statement: each call into SQLite releases the GIL, and acquiring it again is slow.
        Expects the next offset to be unchanged; None when another process has appended since.
        """
        if self._expected is None:
            return None
        now, offset = self._clock(), self._expected
        values: list[object] = []
        positions: list[list[Position]] = []
        for item in batch:
            positions.append([Position(self._topic, 0, offset + i) for i in range(len(item.records))])
            for record, headers, content in zip(item.records, item.headers, item.sums, strict=True):
                values += (offset, now, record.key, headers, record.value, placed_sum(content, offset, now))
                offset += 1
        rows = ", ".join(["(?, ?, ?, ?, ?, ?)"] * (len(values) // 6))
        try:
            connection.execute(f"INSERT INTO records_0 VALUES {rows}", values)
        except sqlite3.IntegrityError:
            self._expected = None
            return None
        self._expected = offset
        return positions

    def _insert_in_turn(self, connection: sqlite3.Connection, batch: Sequence[_Append]) -> list[list[Position]]:
        now = self._clock()
        rows: dict[int, list[tuple[int, int, bytes | None, bytes, bytes, int]]] = {}
        offsets: dict[int, int] = {}
        positions: list[list[Position]] = []
        connection.execute("BEGIN IMMEDIATE")
        try:
            for item in batch:
                written = []
                for record, headers, content in zip(item.records, item.headers, item.sums, strict=True):
                    partition = self._partition(record.key)
                    if partition not in offsets:
                        offsets[partition] = next_offset(connection, partition)
                    offset = offsets[partition]
                    offsets[partition] = offset + 1
                    row = (offset, now, record.key, headers, record.value, placed_sum(content, offset, now))
                    rows.setdefault(partition, []).append(row)
                    written.append(Position(self._topic, partition, offset))
                positions.append(written)
            for partition, values in rows.items():
                connection.executemany(f"INSERT INTO records_{partition} VALUES (?, ?, ?, ?, ?, ?)", values)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        self._expected = offsets.get(0)
        return positions

    def _partition(self, key: bytes | None) -> int:
        if self._partitions == 1:
            return 0
        return partition_of(key, self._partitions) if key is not None else next(self._round_robin) % self._partitions
