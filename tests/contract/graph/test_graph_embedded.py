import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from headwater.contracts.identity import ALL
from headwater.graph.errors import GraphUnavailable
from headwater.graph.port import SceneQuery
from headwater.graph.sqlite import EmbeddedGraph
from headwater.graph.state.facts import DatasetFact, Stamp
from tests.contract.graph.contract import FencingContract, GraphContract
from tests.contract.graph.stores import IsolatedStore, MakeStore


class TestEmbeddedGraph(GraphContract):
    @pytest.fixture
    def make_store(self, tmp_path: Path) -> Iterator[MakeStore]:
        made: list[EmbeddedGraph] = []
        numbers = count()

        def make() -> IsolatedStore:
            graph = EmbeddedGraph(tmp_path / f"{next(numbers)}.db")
            made.append(graph)
            graph.ensure_schema()
            graph.acquire("test")
            return IsolatedStore(graph, "store.")

        yield make
        for graph in made:
            graph.close()

    def test_another_process_reads_while_the_writer_writes(self, make_store: MakeStore, tmp_path: Path) -> None:
        store = make_store()
        store.apply([store.run("j", "1", 1, "a", "x")])
        script = (
            "import sys; from pathlib import Path; from headwater.graph.sqlite.store import EmbeddedGraph;"
            "from headwater.contracts.identity import ALL;"
            "graph = EmbeddedGraph(Path(sys.argv[1]), read_only=True);"
            "print(sorted(n.name for n in graph.search('', visible=ALL).items))"
        )
        done = subprocess.run(
            [sys.executable, "-c", script, str(tmp_path / "0.db")], capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == "['a', 'j', 'x']"

    def test_every_thread_reads_on_a_connection_of_its_own(self, make_store: MakeStore) -> None:
        store = make_store()
        store.apply([store.run("j", "1", 1, "a", "x")])
        found: list[object] = []

        def read() -> None:
            found.append(store.graph.scene(SceneQuery(store.dataset("a"), 0, 1), visible=ALL))

        threads = [threading.Thread(target=read) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert all(scene == found[0] and scene is not None for scene in found)
        assert len(found) == 4

    def test_the_search_index_agrees_with_the_names_after_merges(self, make_store: MakeStore, tmp_path: Path) -> None:
        store = make_store()
        store.apply([store.run("j", "1", 1, "a", "x"), store.run("k", "1", 2, "Straße", "y")])
        store.apply([DatasetFact(store.key("a"), Stamp(3, "e"), links=(store.key("Straße"),))])
        store.apply([DatasetFact(store.key("a"), Stamp(4, "f"), links=(store.key("y"),))])
        connection = sqlite3.connect(tmp_path / "0.db")
        with connection:
            connection.execute("INSERT INTO names (names, rank) VALUES ('integrity-check', 1)")
        connection.close()
        assert [n.name for n in store.graph.search("strasse", visible=ALL).items] == ["a"]

    def test_runs_are_found_by_run_id_along_an_index(self, make_store: MakeStore) -> None:
        store = make_store()
        store.apply([store.run("j", "1", 1, "a", "x")])
        asked: list[str] = []
        connection = store.graph.reading._connection()  # type: ignore[attr-defined]
        connection.set_trace_callback(asked.append)
        store.graph.runs(run_id="1", visible=ALL)
        connection.set_trace_callback(None)
        plan = connection.execute("EXPLAIN QUERY PLAN " + next(a for a in asked if "run_id =" in a)).fetchall()
        assert any("run_by_run_id" in row[3] for row in plan), plan
        assert not any("TEMP B-TREE" in row[3] for row in plan), plan

    def test_a_file_that_is_not_there_is_unavailable_to_readers(self, tmp_path: Path) -> None:
        graph = EmbeddedGraph(tmp_path / "none.db", read_only=True)
        with pytest.raises(GraphUnavailable):
            graph.check()

    def test_a_closed_graph_answers_that_it_is_closed(self, make_store: MakeStore) -> None:
        store = make_store()
        store.graph.close()
        with pytest.raises(GraphUnavailable):
            store.graph.check()


class TestEmbeddedFencing(FencingContract):
    @pytest.fixture
    def two_writers(self, tmp_path: Path) -> Iterator[tuple[IsolatedStore, IsolatedStore]]:
        graphs = [EmbeddedGraph(tmp_path / "graph.db") for _ in range(2)]
        graphs[0].ensure_schema()
        yield IsolatedStore(graphs[0], "store."), IsolatedStore(graphs[1], "store.")
        for graph in graphs:
            graph.close()
