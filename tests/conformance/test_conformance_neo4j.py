from collections.abc import Iterator

import pytest

from tests.conformance.suite import ConformanceSuite, MakeGraph
from tests.emptied_neo4j import EmptiedNeo4j, emptied
from tests.servers import Neo4jAddress


@pytest.fixture(scope="module")
def database(neo4j: Neo4jAddress) -> Iterator[EmptiedNeo4j]:
    with emptied(neo4j) as database:
        yield database


class TestNeo4jConformance(ConformanceSuite):
    @pytest.fixture
    def make_graph(self, database: EmptiedNeo4j) -> MakeGraph:
        return database.fresh
