"""The promises of every graph store, asked of Neo4j on a real server.

Each room begins by clearing the one database: rooms are small, and equal names give equal ids, which exports of
different rooms can then be compared by.
"""

import time
from collections.abc import Iterator

import pytest

from headwater.contracts.identity import ALL
from headwater.graph.errors import GraphUnavailable
from headwater.graph.neo4j import Neo4jGraph
from headwater.local.ports import free_port
from tests.contract.graph.contract import FencingContract, GraphContract
from tests.contract.graph.rooms import MakeRoom, Room
from tests.emptied_neo4j import EmptiedNeo4j, emptied
from tests.servers import Neo4jAddress


@pytest.fixture(scope="module")
def database(neo4j: Neo4jAddress) -> Iterator[EmptiedNeo4j]:
    with emptied(neo4j) as database:
        yield database


class TestNeo4jGraph(GraphContract):
    @pytest.fixture
    def make_room(self, database: EmptiedNeo4j) -> MakeRoom:
        return lambda: Room(database.fresh(), "room.")


class TestNeo4jFencing(FencingContract):
    @pytest.fixture
    def two_writers(self, database: EmptiedNeo4j, neo4j: Neo4jAddress) -> Iterator[tuple[Room, Room]]:
        database.clear()
        graphs = [Neo4jGraph(*neo4j) for _ in range(2)]
        yield Room(graphs[0], "room."), Room(graphs[1], "room.")
        for graph in graphs:
            graph.close()


def test_who_asks_is_told_soon_that_the_server_is_away() -> None:
    graph = Neo4jGraph(f"bolt://127.0.0.1:{free_port()}", "neo4j", "secret")
    began = time.monotonic()
    with pytest.raises(GraphUnavailable):
        graph.stats(visible=ALL)
    graph.close()
    assert time.monotonic() - began < 5
