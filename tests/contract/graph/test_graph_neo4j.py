"""The promises of every graph store, asked of Neo4j on a real server.

Community edition has one database, so each room begins by clearing it: rooms are small, and equal names give equal
ids, which exports of different rooms can then be compared by.
"""

from collections.abc import Iterator

import neo4j as driver
import pytest

from headwater.graph.neo4j import Neo4jGraph
from tests.contract.graph.contract import FencingContract, GraphContract
from tests.contract.graph.rooms import MakeRoom, Room
from tests.servers import Neo4jAddress

CLEAR = "MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 5000 ROWS"


@pytest.fixture(scope="module")
def server(neo4j: Neo4jAddress) -> Iterator[driver.Driver]:
    """A connection of our own, to clear what the store holds."""
    graph = Neo4jGraph(*neo4j)
    graph.ensure_schema()
    graph.close()
    with driver.GraphDatabase.driver(
        neo4j.uri, auth=(neo4j.user, neo4j.password), notifications_min_severity="OFF"
    ) as connected:
        yield connected


@pytest.fixture(scope="module")
def store(neo4j: Neo4jAddress) -> Iterator[Neo4jGraph]:
    graph = Neo4jGraph(*neo4j)
    yield graph
    graph.close()


class TestNeo4jGraph(GraphContract):
    @pytest.fixture
    def make_room(self, server: driver.Driver, store: Neo4jGraph) -> MakeRoom:
        def make() -> Room:
            with server.session() as session:
                session.run(CLEAR).consume()
            store.acquire("test")
            return Room(store, "room.")

        return make


class TestNeo4jFencing(FencingContract):
    @pytest.fixture
    def two_writers(self, server: driver.Driver, neo4j: Neo4jAddress) -> Iterator[tuple[Room, Room]]:
        with server.session() as session:
            session.run(CLEAR).consume()
        graphs = [Neo4jGraph(*neo4j) for _ in range(2)]
        yield Room(graphs[0], "room."), Room(graphs[1], "room.")
        for graph in graphs:
            graph.close()
