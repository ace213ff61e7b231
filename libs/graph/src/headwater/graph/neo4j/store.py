"""The graph store on Neo4j; the rules are in the engine."""

import threading
from collections.abc import Callable, Mapping, Sequence

from headwater.contracts.times import utc_now
from headwater.graph.answering.reader import Reader
from headwater.graph.deriving.engine import Engine
from headwater.graph.errors import Fenced, GraphUnavailable
from headwater.graph.neo4j.connection import CHECK_SECONDS, Asking, Connection
from headwater.graph.neo4j.lookups import Neo4jStorage
from headwater.graph.neo4j.reads import Neo4jReading
from headwater.graph.neo4j.statements import schema
from headwater.graph.neo4j.warm_up import warm_up
from headwater.graph.neo4j.writing import Writing
from headwater.graph.port import Applied, Source, first_change
from headwater.graph.state.facts import Fact

START_OVER_TRIES = 10
_EMPTY = "MATCH (n) WHERE NOT n:Graph CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 5000 ROWS"


class Neo4jGraph(Reader):
    """GraphStore on a Neo4j server. One writer at a time; any number of readers, from any thread.

    readers: how many queries may wait for the server at once. More queue while it answers, and are refused
    (GraphUnavailable) while it does not, so that a stalled server occupies no more threads than this. patience: seconds
    without an answer after which the server has stalled. Two seconds for requests of users; a writer on a busy machine
    must not lose a batch that is nearly finished.
    """

    reading: Neo4jReading

    def __init__(
        self,
        uri: str,
        user: str,
        password: str,
        *,
        readers: int = 64,
        patience: float = 20.0,
        clock: Callable[[], int] = utc_now,
    ) -> None:
        self._connection = Connection(uri, user, password, readers=readers, patience=patience)
        self._clock = clock
        self._engine = Engine()
        self._lock = threading.Lock()
        self._epoch: int | None = None
        self.reading = Neo4jReading(self._connection)

    def ensure_schema(self) -> None:
        """Create constraints and indexes and wait until they are online. Idempotent."""
        for text in schema():
            self._connection.define(text)
        self._connection.define("CALL db.awaitIndexes(300)")

    def warm_up(self) -> None:
        """Have the server plan the statements of a lineage event and its reader, so that the first one is not slow."""
        warm_up(self._connection, self.reading, self)

    def acquire(self, owner: str) -> int:
        with self._lock:
            first = first_change(self._clock())
            found = self._connection.write(lambda asking: asking.rows("acquire_graph", owner=owner, first=first))
            self._epoch = int(found[0]["epoch"])
            self._engine.forget()
            return self._epoch

    def start_over(self, owner: str) -> None:
        """Fence every writer and empty the graph, including offsets: the next writer replays the log from its
        beginning.

        A writer that takes over meanwhile is fenced again. Raises GraphUnavailable when that keeps happening.
        """
        for _ in range(START_OVER_TRIES):
            epoch = self.acquire(owner)
            self._connection.define(_EMPTY)
            if self._is_held_by(epoch):
                return
        raise GraphUnavailable("another writer keeps taking over the graph: stop the lineage-writer")

    def _is_held_by(self, epoch: int) -> bool:
        return bool(self._connection.write(lambda asking: asking.rows("lock_graph", epoch=epoch))[0]["epoch"] == epoch)

    def offsets(self) -> dict[Source, int]:
        found = self._connection.read(lambda asking: asking.rows("read_offsets"))
        return {Source(r["topic"], r["partition"]): r["next"] for r in found}

    def apply(self, facts: Sequence[Fact], offsets: Mapping[Source, int]) -> Applied:
        with self._lock:
            try:
                return self._connection.write(_Once(self._engine, self._epoch, facts, offsets))
            except BaseException:
                self._engine.forget()
                raise

    def check(self, seconds: float = CHECK_SECONDS) -> None:
        self._connection.check(seconds)

    def close(self) -> None:
        self._connection.close()


class _Once:
    """One batch as the work of a transaction; a retry plans again, because the cache of the first try may be wrong."""

    def __init__(self, engine: Engine, epoch: int | None, facts: Sequence[Fact], offsets: Mapping[Source, int]) -> None:
        self._engine = engine
        self._epoch = epoch
        self._facts = facts
        self._offsets = offsets
        self._tried = False

    def __call__(self, asking: Asking) -> Applied:
        if self._tried:
            self._engine.forget()
        self._tried = True
        change = self._change(asking)
        changes = self._engine.plan(self._facts, Neo4jStorage(asking))
        writing = Writing(asking)
        writing.write(changes)
        writing.move_offsets(self._offsets)
        if not changes.empty:
            change += 1
            asking.do("move_graph", change=change)
        return Applied(change, changes.touched)

    def _change(self, asking: Asking) -> int:
        """Lock the graph, check the epoch, and return the change number. Raises Fenced."""
        if self._epoch is None:
            raise Fenced("call acquire() before apply(): this store was never made the active writer")
        (found,) = asking.rows("lock_graph", epoch=self._epoch)
        if found["epoch"] != self._epoch:
            raise Fenced(f"another writer took over (epoch {found['epoch']}, ours was {self._epoch})")
        return int(found["change"])
