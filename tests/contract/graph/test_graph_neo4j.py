"""The promises of every graph store, asked of Neo4j on a real server.

Each room begins by clearing the one database: rooms are small, and equal names give equal ids, which exports of
different rooms can then be compared by.
"""

from collections.abc import Iterator
from contextlib import closing

import pytest

from headwater.contracts.identity import ALL
from headwater.graph.errors import BatchFailed, BatchRefused, GraphUnavailable
from headwater.graph.facts import DatasetFact, Stamp
from headwater.graph.neo4j import Neo4jGraph
from headwater.graph.neo4j.statements import statement
from headwater.graph.port import Source
from headwater.local.ports import free_port
from tests.contract.graph.contract import FencingContract, GraphContract
from tests.contract.graph.rooms import MakeRoom, Room
from tests.emptied_neo4j import EmptiedNeo4j
from tests.patience import promised
from tests.servers import Neo4jAddress


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


def test_a_rehearsal_leaves_nothing_behind_and_takes_the_graph_from_nobody(database: EmptiedNeo4j) -> None:
    room = Room(database.fresh(), "room.")
    source = Source("t", 0)
    change = room.apply([room.run("job", "run", 1, "a", "b")], {source: 1}).change
    before = list(room.graph.export())
    with closing(Neo4jGraph(*database.address)) as other:
        other.rehearse()
    assert list(room.graph.export()) == before
    assert room.graph.offsets() == {source: 1}
    assert room.apply([room.run("job", "other run", 2, "a", "b")], {source: 2}).change == change + 1


def test_what_neo4j_can_never_hold_is_refused_and_the_graph_goes_on(database: EmptiedNeo4j) -> None:
    """Nothing that the gateway accepts is so long: this is what a mistake in its limits would meet."""
    room = Room(database.fresh(), "room.")
    with pytest.raises(BatchRefused, match="too large to index"):
        room.apply([DatasetFact(("n" * 9_000, "name"), Stamp(1, "e"))])
    room.apply([room.run("j", "1", 1, "a", "x")])
    assert room.names(room.dataset("a"), down=1) == {"a", "j", "x"}


def test_a_batch_that_takes_too_much_memory_has_failed_and_the_server_is_not_away(database: EmptiedNeo4j) -> None:
    hungry = "UNWIND range(1, 100000000) AS x RETURN size(collect(x))"
    store = database.fresh()
    with pytest.raises(BatchFailed, match="would use more than the limit"):
        store._connection.write(lambda asking: asking._transaction.run(hungry).consume())
    store.check()


def test_runs_are_found_by_run_id_along_an_index(database: EmptiedNeo4j) -> None:
    Room(database.fresh(), "room.").apply([])
    names = ("run_id", "job", "state", "since", "until", "after", "exact", "beginnings", "limit")
    asked = dict.fromkeys(names) | {"run_id": "1", "since": 0, "until": 9, "after": "", "limit": 9}
    plan = database.explain("EXPLAIN " + statement("list_runs_of_run_id"), asked)
    assert "NodeIndexSeek" in plan
    assert "run_by_run_id" in plan or "run_id, seen, id" in plan, plan


def test_who_asks_is_told_soon_that_the_server_is_away() -> None:
    graph = Neo4jGraph(f"bolt://127.0.0.1:{free_port()}", "neo4j", "secret")
    with promised(3.0), pytest.raises(GraphUnavailable):
        graph.stats(visible=ALL)
    graph.close()
