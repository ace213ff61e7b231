"""A Neo4j that accepts connections and does not respond: reads fail in time, writes continue afterwards."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from headwater.contracts.identity import ALL
from headwater.graph.errors import GraphUnavailable
from headwater.graph.neo4j import Neo4jGraph
from headwater.graph.port import Source
from tests.contract.graph.stores import IsolatedStore
from tests.emptied_neo4j import EmptiedNeo4j
from tests.patience import eventually, promised
from tests.stalling_proxy import StallingProxy, stalling_proxy

PROMISED_SECONDS = 3.0
PATIENCE = 2.0
READERS = 3
SOURCE = Source("t", 0)


@pytest.fixture
def proxy(database: EmptiedNeo4j) -> Iterator[StallingProxy]:
    database.fresh()
    with stalling_proxy(int(database.address.uri.rsplit(":", 1)[1])) as made:
        yield made


@pytest.fixture
def graph(database: EmptiedNeo4j, proxy: StallingProxy) -> Iterator[Neo4jGraph]:
    address = database.address
    with closing(
        Neo4jGraph(f"bolt://127.0.0.1:{proxy.port}", *address[1:], readers=READERS, patience=PATIENCE)
    ) as made:
        yield made


def ask(graph: Neo4jGraph) -> None:
    graph.stats(visible=ALL)


def look_up_all(graph: Neo4jGraph) -> None:
    graph.search("", limit=200, visible=ALL)


def seconds_to_refusal(graph: Neo4jGraph, asked: Callable[[Neo4jGraph], None] = ask) -> float:
    began = time.monotonic()
    with pytest.raises(GraphUnavailable) as refused:
        asked(graph)
    assert refused.value.retry_after > 0
    return time.monotonic() - began


def answers(graph: Neo4jGraph) -> bool:
    try:
        ask(graph)
    except GraphUnavailable:
        return False
    return True


def test_a_reader_without_a_connection_is_told_in_time(graph: Neo4jGraph, proxy: StallingProxy) -> None:
    proxy.stall()
    with promised(PROMISED_SECONDS):
        seconds_to_refusal(graph)
    proxy.resume()
    eventually(lambda: answers(graph))


def test_a_reader_in_the_middle_of_an_answer_is_told_in_time(graph: Neo4jGraph, proxy: StallingProxy) -> None:
    store = IsolatedStore(graph, "store.")
    graph.acquire("test")
    store.apply([store.run("job", f"run {n}", n, f"in {n}", f"out {n}") for n in range(100)], {SOURCE: 1})
    look_up_all(graph)
    proxy.stall(after_bytes=500)
    with promised(PROMISED_SECONDS):
        seconds_to_refusal(graph, look_up_all)
    proxy.resume()
    eventually(lambda: answers(graph))
    look_up_all(graph)


def test_many_readers_are_told_in_time_and_few_of_them_wait(graph: Neo4jGraph, proxy: StallingProxy) -> None:
    ask(graph)
    proxy.stall()
    took: list[float] = []
    waiting = [threading.Thread(target=lambda: took.append(seconds_to_refusal(graph))) for _ in range(20)]
    with promised(PROMISED_SECONDS):
        for thread in waiting:
            thread.start()
        for thread in waiting:
            thread.join()
    assert len(took) == 20
    assert sum(seconds > max(took) / 2 for seconds in took) <= READERS
    with promised(0.5):
        seconds_to_refusal(graph)
    proxy.resume()
    eventually(lambda: answers(graph))


def test_connections_that_stay_silent_for_ever_are_given_up(graph: Neo4jGraph, proxy: StallingProxy) -> None:
    ask(graph)
    proxy.stall()
    seconds_to_refusal(graph)
    proxy.resume(cut_off=True)
    eventually(lambda: answers(graph))


def test_one_connection_that_falls_silent_is_given_up_though_the_server_is_well(
    graph: Neo4jGraph, proxy: StallingProxy, database: EmptiedNeo4j
) -> None:
    """By the server's keep-alive messages, which its configuration enables."""
    graph.acquire("test")
    with promised(15.0), database.lock_graph():
        waiting = threading.Thread(target=seconds_to_refusal, args=(graph, lambda asked: asked.acquire("other")))
        waiting.start()
        eventually(database.has_waiting_writer)
        proxy.cut_off()
        waiting.join()
    ask(graph)


def test_readiness_is_told_of_it(graph: Neo4jGraph, proxy: StallingProxy) -> None:
    graph.check()
    proxy.stall()
    with pytest.raises(GraphUnavailable, match="does not answer"):
        graph.check()
    proxy.resume()
    eventually(lambda: answers(graph))
    graph.check()


@pytest.mark.parametrize("cut_off", [False, True], ids=["silent for a while", "cut off"])
def test_a_writer_goes_on_when_the_stall_ends(graph: Neo4jGraph, proxy: StallingProxy, cut_off: bool) -> None:
    store = IsolatedStore(graph, "store.")
    graph.acquire("test")
    store.apply([store.run("job", "before", 1, "a", "b")], {SOURCE: 1})
    proxy.stall(after_bytes=100)
    batch = [store.run("job", "after", 2, "a", "b")]
    with pytest.raises(GraphUnavailable):
        store.apply(batch, {SOURCE: 2})
    proxy.resume(cut_off=cut_off)
    eventually(lambda: answers(graph))
    store.apply(batch, {SOURCE: 2})
    assert graph.offsets() == {SOURCE: 2}


def test_who_waits_long_for_a_server_that_lives_is_not_let_go(graph: Neo4jGraph, database: EmptiedNeo4j) -> None:
    """A batch that waits for a lock, twice as long as a stall would last."""
    epoch = graph.acquire("test")
    epochs: list[int] = []
    with database.lock_graph():
        waiting = threading.Thread(target=lambda: epochs.append(graph.acquire("other")))
        waiting.start()
        waiting.join(2 * PATIENCE)
        assert waiting.is_alive()
    waiting.join()
    assert epochs == [epoch + 1]
