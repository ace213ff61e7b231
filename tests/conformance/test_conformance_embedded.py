from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from headwater.graph.port import GraphStore
from headwater.graph.sqlite import EmbeddedGraph
from tests.conformance.suite import ConformanceSuite, MakeGraph


class TestEmbeddedConformance(ConformanceSuite):
    @pytest.fixture
    def make_graph(self, tmp_path: Path) -> Iterator[MakeGraph]:
        made: list[EmbeddedGraph] = []
        numbers = count()

        def make() -> GraphStore:
            graph = EmbeddedGraph(tmp_path / f"{next(numbers)}.db")
            made.append(graph)
            graph.ensure_schema()
            graph.acquire("test")
            return graph

        yield make
        for graph in made:
            graph.close()
