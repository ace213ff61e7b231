"""The graph in one SQLite file: the store of the embedded mode.

One writer (any process); readers open connections of their own, one per thread, and read committed states while the
writer writes (WAL). `synchronous=NORMAL`: a power failure may lose the newest batches, and their offsets with them, so
that they are applied again from the log.
"""

import inspect
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import wraps
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec

from headwater.contracts.storage import sqlite_fault
from headwater.contracts.times import utc_now
from headwater.graph.answering.reader import Reader
from headwater.graph.deriving.engine import Engine
from headwater.graph.errors import BatchFailed, BatchRefused, Fenced, GraphDamaged, GraphDiskFull, GraphUnavailable
from headwater.graph.port import Applied, GraphReader, Source, first_change
from headwater.graph.sqlite.reads import SqliteReading
from headwater.graph.sqlite.writing import SqliteStorage
from headwater.graph.state.facts import Fact
from headwater.graph.state.folding import label_pieces

_BUSY_SECONDS = 10.0
# Pages of 8 KiB: at 4 KiB every second schema facet overflows. Fixed when the file is created.
_PRAGMAS = (
    "PRAGMA page_size=8192; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA wal_autocheckpoint=10000;"
    "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-65536;"
)
# One connection per thread: the file is mapped, so that all share the page cache. SQLite's own cache is for WAL pages.
_READER_PRAGMAS = "PRAGMA mmap_size={mapped}; PRAGMA cache_size=-4096; PRAGMA temp_store=MEMORY;"
_MAPPED_BYTES = 1 << 30
REMEDY = "rebuild it from the log with headwater rebuild graph"


class EmbeddedGraph(Reader):
    """GraphStore on a file. `read_only`: never writes, and raises GraphUnavailable until the file exists.

    `mapped`: readers map the file; a page that cannot be read then kills the process instead of failing the read.
    Reads and writes that meet damage raise GraphDamaged, and so does `check` from then on.
    """

    def __init__(
        self, path: Path, *, read_only: bool = False, mapped: bool = True, clock: Callable[[], int] = utc_now
    ) -> None:
        self._path = path
        self._mapped = mapped
        self._damage: GraphDamaged | None = None
        self._read_only = read_only
        self._clock = clock
        self._engine = Engine()
        self._lock = threading.Lock()
        self._writer: sqlite3.Connection | None = None
        self._storage: SqliteStorage | None = None
        self._epoch = -1
        self._local = threading.local()
        self._readers: list[sqlite3.Connection] = []
        self._closed = False
        self.reading = SqliteReading(self._reader)

    def ensure_schema(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._lock, self._failing("written"):
            connection = self._write_connection()
            connection.executescript(files("headwater.graph.sqlite").joinpath("schema.sql").read_text())
            connection.execute("UPDATE writer SET change = ? WHERE epoch = 0", (first_change(self._clock()),))

    def acquire(self, owner: str) -> int:
        with self._lock:
            with self._failing("written"):
                connection = self._write_connection()
            with self._failing("written"), _transaction(connection):
                connection.execute("UPDATE writer SET epoch = epoch + 1, owner = ?", (owner,))
                self._epoch = int(connection.execute("SELECT epoch FROM writer").fetchone()[0])
            self._forget()
            return self._epoch

    def offsets(self) -> dict[Source, int]:
        return {Source(t, p): n for t, p, n in self._reader().execute("SELECT topic, part, next FROM source")}

    def apply(self, facts: Sequence[Fact], offsets: Mapping[Source, int]) -> Applied:
        with self._lock:
            try:
                connection = self._write_connection()
                with self._failing("written"), _transaction(connection):
                    return self._apply(connection, facts, offsets)
            except BaseException:
                self._forget()
                raise

    def _apply(self, connection: sqlite3.Connection, facts: Sequence[Fact], offsets: Mapping[Source, int]) -> Applied:
        epoch, change = connection.execute("SELECT epoch, change FROM writer").fetchone()
        if self._epoch < 0:
            raise Fenced("call acquire() before apply(): this store was never made the active writer")
        if epoch != self._epoch:
            raise Fenced(f"another writer took over (epoch {epoch}, ours was {self._epoch})")
        storage = self._storage
        assert storage is not None
        changes = self._engine.plan(facts, storage)
        storage.write(changes)
        connection.executemany(
            "INSERT INTO source VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET next = max(next, excluded.next)",
            [(source.topic, source.partition, offset) for source, offset in offsets.items()],
        )
        if not changes.empty:
            change += 1
            connection.execute("UPDATE writer SET change = ?", (change,))
        return Applied(change, changes.touched)

    def _forget(self) -> None:
        self._engine.forget()
        if self._storage is not None:
            self._storage.forget()

    def _write_connection(self) -> sqlite3.Connection:
        if self._read_only:
            raise GraphUnavailable("this graph was opened for reading only")
        if self._writer is None:
            writer = _connect(self._path, read_only=False)
            try:
                writer.executescript(_PRAGMAS)
            except BaseException:
                writer.close()
                raise
            self._writer, self._storage = writer, SqliteStorage(writer)
        return self._writer

    @contextmanager
    def _failing(self, what: str) -> Iterator[None]:
        """Maps errors of SQLite, or of a stored value, to those of the graph."""
        try:
            yield
        except (sqlite3.ProgrammingError, sqlite3.InterfaceError, sqlite3.IntegrityError, sqlite3.DataError):
            raise  # caused by the statement, not the file
        except sqlite3.Error as error:
            fault = sqlite_fault(error, self._path, remedy=REMEDY, full=GraphDiskFull, damaged=GraphDamaged)
            if isinstance(fault, GraphDamaged):
                self._damage = fault
            raise fault or GraphUnavailable(f"the graph at {self._path.name} cannot be {what}: {error}") from error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            self._damage = GraphDamaged(self._path, f"a value cannot be decoded: {error}", REMEDY)
            raise self._damage from error

    def _reader(self) -> sqlite3.Connection:
        """This thread's connection."""
        found: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if self._closed:
            raise GraphUnavailable("this graph is closed")
        if found is None:
            found = _connect(self._path, read_only=True)
            found.create_function("pieces", 1, label_pieces, deterministic=True)
            found.executescript(_READER_PRAGMAS.format(mapped=_MAPPED_BYTES if self._mapped else 0))
            self._local.connection = found
            with self._lock:
                self._readers.append(found)
        return found

    def check(self) -> None:
        self._reader().execute("SELECT change FROM writer").fetchone()
        if self._damage is not None:
            raise self._damage

    def close(self) -> None:
        """Close every connection. Reads and writes after it raise GraphUnavailable."""
        with self._lock:
            self._closed = True
            for connection in (*self._readers, self._writer):
                if connection is not None:
                    connection.close()
            self._readers.clear()
            self._writer = None
            self._read_only = True


def _guarded(ask: Callable[..., Any]) -> Callable[..., Any]:
    """A read of the port whose errors are mapped to those of the graph."""

    @wraps(ask)
    def answer(self: EmbeddedGraph, *args: Any, **more: Any) -> Any:
        with self._failing("read"):
            return ask(self, *args, **more)

    return answer


for _name in (*(name for name in vars(GraphReader) if not name.startswith("_")), "offsets"):
    setattr(EmbeddedGraph, _name, _guarded(inspect.getattr_static(EmbeddedGraph, _name)))


def _connect(path: Path, *, read_only: bool) -> sqlite3.Connection:
    mode = "ro" if read_only else "rwc"
    try:
        return sqlite3.connect(
            f"{path.absolute().as_uri()}?mode={mode}", uri=True, timeout=_BUSY_SECONDS,
            isolation_level=None, check_same_thread=False,
        )  # fmt: skip
    except sqlite3.Error as error:
        raise GraphUnavailable(f"the graph at {path.name} cannot be opened: {error}") from error


class _transaction:  # noqa: N801 - reads as a statement
    """BEGIN IMMEDIATE … COMMIT; rolled back when anything is raised. A value too big for the store raises
    BatchRefused, a row that contradicts another BatchFailed."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        try:
            if error is None:
                self._connection.execute("COMMIT")
        finally:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        if isinstance(error, sqlite3.DataError | OverflowError):
            raise BatchRefused(f"the graph cannot store it: {error}") from error
        if isinstance(error, sqlite3.IntegrityError):
            raise BatchFailed(f"the graph refused a row: {error}") from error
