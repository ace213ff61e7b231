"""The promises of every graph store, tested on a real Neo4j.

Each store begins by clearing the one database: graphs are small, and equal names give equal ids, so that exports of
different stores can be compared.
"""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from headwater.contracts.identity import ALL
from headwater.graph.errors import BatchFailed, BatchRefused, GraphUnavailable
from headwater.graph.neo4j import Neo4jGraph
from headwater.graph.neo4j.statements import statement
from headwater.graph.port import Source
from headwater.graph.state.facts import DatasetFact, Stamp
from headwater.local.ports import free_port
from tests.contract.graph.contract import FencingContract, GraphContract
from tests.contract.graph.stores import IsolatedStore, MakeStore
from tests.emptied_neo4j import EmptiedNeo4j
from tests.patience import promised
from tests.servers import Neo4jAddress


class TestNeo4jGraph(GraphContract):
    @pytest.fixture
    def make_store(self, database: EmptiedNeo4j) -> MakeStore:
        return lambda: IsolatedStore(database.fresh(), "store.")


class TestNeo4jFencing(FencingContract):
    @pytest.fixture
    def two_writers(self, database: EmptiedNeo4j, neo4j: Neo4jAddress) -> Iterator[tuple[IsolatedStore, IsolatedStore]]:
        database.clear()
        graphs = [Neo4jGraph(*neo4j) for _ in range(2)]
        yield IsolatedStore(graphs[0], "store."), IsolatedStore(graphs[1], "store.")
        for graph in graphs:
            graph.close()


def test_a_warm_up_leaves_nothing_behind_and_takes_the_graph_from_nobody(database: EmptiedNeo4j) -> None:
    store = IsolatedStore(database.fresh(), "store.")
    source = Source("t", 0)
    change = store.apply([store.run("job", "run", 1, "a", "b")], {source: 1}).change
    before = list(store.graph.export())
    with closing(Neo4jGraph(*database.address)) as other:
        other.warm_up()
    assert list(store.graph.export()) == before
    assert store.graph.offsets() == {source: 1}
    assert store.apply([store.run("job", "other run", 2, "a", "b")], {source: 2}).change == change + 1


def test_what_neo4j_can_never_hold_is_refused_and_the_graph_goes_on(database: EmptiedNeo4j) -> None:
    """The gateway accepts nothing so long: this shows what a mistake in its limits would cause."""
    store = IsolatedStore(database.fresh(), "store.")
    with pytest.raises(BatchRefused, match="too large to index"):
        store.apply([DatasetFact(("n" * 9_000, "name"), Stamp(1, "e"))])
    store.apply([store.run("j", "1", 1, "a", "x")])
    assert store.names(store.dataset("a"), down=1) == {"a", "j", "x"}


def test_a_batch_that_the_server_ended_has_failed_and_the_server_is_not_away(database: EmptiedNeo4j) -> None:
    """As the server ends a transaction that exceeds `db.transaction.timeout`."""
    endless = "UNWIND range(1, 1000000) AS x UNWIND range(1, 1000000) AS y RETURN count(x + y)"
    find = (
        "SHOW TRANSACTIONS YIELD transactionId, currentQuery WHERE currentQuery = $endless RETURN transactionId AS id"
    )
    store = database.fresh()

    def end_it() -> None:
        server = database._server
        while not (found := server.execute_query(find, endless=endless).records):
            time.sleep(0.05)
        server.execute_query("TERMINATE TRANSACTION $id", id=found[0]["id"])

    with ThreadPoolExecutor() as threads:
        ending = threads.submit(end_it)
        with pytest.raises(BatchFailed, match="terminated"):
            store._connection.write(lambda asking: asking._transaction.run(endless).consume())
        ending.result()
    store.check()


@pytest.mark.parametrize(
    ("name", "index"), [("list_runs_of_run_id", "run_id, seen, id"), ("list_runs_of_job", "job, seen, id")]
)
def test_runs_of_one_run_id_or_job_are_found_along_an_index(database: EmptiedNeo4j, name: str, index: str) -> None:
    IsolatedStore(database.fresh(), "store.").apply([])
    names = ("run_id", "job", "state", "since", "until", "after", "exact", "beginnings", "limit")
    asked = dict.fromkeys(names) | {"run_id": "1", "job": "1", "since": 0, "until": 9, "after": "", "limit": 9}
    plan = database.explain("EXPLAIN " + statement(name), asked)
    assert "NodeIndexSeek" in plan
    assert index in plan, plan
    assert "Sort" not in plan


def test_who_asks_is_told_soon_that_the_server_is_away() -> None:
    graph = Neo4jGraph(f"bolt://127.0.0.1:{free_port()}", "neo4j", "secret")
    with promised(3.0), pytest.raises(GraphUnavailable):
        graph.stats(visible=ALL)
    graph.close()
