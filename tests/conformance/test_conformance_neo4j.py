import pytest

from tests.conformance.suite import ConformanceSuite, MakeGraph
from tests.emptied_neo4j import EmptiedNeo4j


class TestNeo4jConformance(ConformanceSuite):
    @pytest.fixture
    def make_graph(self, database: EmptiedNeo4j) -> MakeGraph:
        return database.fresh
