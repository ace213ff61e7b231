"""One Neo4j for many tests: a store, and a way to empty it.

Community edition has one database, so a test that needs an empty graph clears it. Keep graphs small.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import neo4j as driver
import pytest

from headwater.graph.neo4j import Neo4jGraph
from tests.servers import Neo4jAddress

CLEAR = "MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 5000 ROWS"


class EmptiedNeo4j:
    """`fresh()` takes the graph from its previous user."""

    def __init__(self, address: Neo4jAddress, server: driver.Driver) -> None:
        self.address = address
        self._server = server
        self._store = Neo4jGraph(*address)
        self._store.ensure_schema()

    def clear(self) -> None:
        with self._server.session() as session:
            session.run(CLEAR).consume()

    def explain(self, statement: str, parameters: dict[str, object]) -> str:
        """The plan of a statement, as text."""
        with self._server.session() as session:
            return str(session.run(statement, parameters).consume().plan)

    def fresh(self) -> Neo4jGraph:
        """The one store, empty, and its active writer."""
        self.clear()
        self._store.acquire("test")
        return self._store

    @contextmanager
    def lock_graph(self) -> Iterator[None]:
        """Writers wait until the block ends."""
        with self._server.session() as session, session.begin_transaction() as transaction:
            transaction.run("MATCH (graph:Graph) SET graph.locked = true").consume()
            yield
            transaction.rollback()

    def has_waiting_writer(self) -> bool:
        """Whether a transaction waits for a lock."""
        with self._server.session() as session:
            found = session.run("SHOW TRANSACTIONS YIELD status WHERE status STARTS WITH 'Blocked' RETURN count(*)")
            return bool(found.single(strict=True).value())

    def close(self) -> None:
        self._store.close()


@pytest.fixture(scope="module")
def database(neo4j: Neo4jAddress) -> Iterator[EmptiedNeo4j]:
    """Shared by the tests of one module; each begins with `clear()` or `fresh()`."""
    with driver.GraphDatabase.driver(
        neo4j.uri, auth=(neo4j.user, neo4j.password), notifications_min_severity="OFF"
    ) as server:
        database = EmptiedNeo4j(neo4j, server)
        yield database
        database.close()
