"""The embedded graph on a full disk, and over damaged files."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from headwater.contracts.identity import ALL, Visible
from headwater.contracts.keys import Kind, node_id
from headwater.graph.errors import GraphDamaged, GraphDiskFull, GraphUnavailable
from headwater.graph.port import GraphReader, SceneQuery, Source
from headwater.graph.sqlite import EmbeddedGraph
from headwater.graph.state.facts import DatasetFact, Fact, Stamp
from tests.damage import cut, empty, garble_header, overwrite_page, page_size, pages, remove

SOURCE = Source("lineage.events", 0)


def name(number: int) -> str:
    return f"dataset {number} " + "x" * 200


def facts(first: int, count: int = 400) -> list[Fact]:
    return [DatasetFact(("space", name(i)), Stamp(i, f"{i}")) for i in range(first, first + count)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A graph of 400 datasets, closed."""
    writer = EmbeddedGraph(tmp_path / "graph.db")
    writer.ensure_schema()
    writer.acquire("test")
    writer.apply(facts(0), {SOURCE: 400})
    writer.close()
    return tmp_path / "graph.db"


@pytest.fixture
def graph(path: Path) -> Iterator[EmbeddedGraph]:
    graph = EmbeddedGraph(path)
    graph.acquire("test")
    yield graph
    graph.close()


NODE = node_id(Kind.DATA_SOURCE.value, "space", name(200))
READS: dict[str, Callable[[EmbeddedGraph], object]] = {
    "get": lambda graph: graph.get(NODE, visible=ALL),
    "sees": lambda graph: graph.sees(NODE, visible=Visible(prefixes=("space",))),
    "find": lambda graph: graph.find(Kind.DATA_SOURCE.value, "space", name(200), visible=ALL),
    "search": lambda graph: (graph.search("dataset", visible=ALL), graph.search("", visible=ALL)),
    "scene": lambda graph: graph.scene(SceneQuery(NODE), visible=ALL),
    "columns": lambda graph: graph.columns(NODE, None, up=1, down=1, as_of=None, limit=10, visible=ALL),
    "runs": lambda graph: graph.runs(visible=ALL),
    "run": lambda graph: graph.run(NODE, visible=ALL),
    "models": lambda graph: graph.models(visible=ALL),
    "model": lambda graph: graph.model(NODE, visible=ALL),
    "stats": lambda graph: graph.stats(visible=ALL),
    "export": lambda graph: list(graph.export()),
    "change": lambda graph: graph.change(),
    "check": lambda graph: graph.check(),
}


def ask_everything(graph: EmbeddedGraph) -> None:
    for read in READS.values():
        read(graph)
    graph.offsets()


def damage_met(graph: EmbeddedGraph) -> GraphDamaged | None:
    try:
        ask_everything(graph)
    except GraphDamaged as damage:
        return damage
    return None


def write_much(graph: EmbeddedGraph) -> None:
    graph.ensure_schema()
    graph.acquire("test")
    graph.apply(facts(0, 1_000), {SOURCE: 1_000})


def test_a_graph_that_cannot_grow_is_unavailable_with_its_directory_and_recovers(
    graph: EmbeddedGraph, tmp_path: Path
) -> None:
    writer = graph._write_connection()
    pages = writer.execute("PRAGMA page_count").fetchone()[0]
    writer.execute(f"PRAGMA max_page_count={pages + 2}")
    with pytest.raises(GraphDiskFull) as full:
        graph.apply(facts(400), {SOURCE: 800})
    assert isinstance(full.value, GraphUnavailable)
    assert str(tmp_path) in str(full.value)
    ask_everything(graph)
    assert graph.offsets() == {SOURCE: 400}
    writer.execute("PRAGMA max_page_count=1000000")
    graph.apply(facts(400), {SOURCE: 800})
    assert graph.offsets() == {SOURCE: 800}


def test_every_read_of_the_port_reports_damage(path: Path) -> None:
    assert READS.keys() == {name for name in vars(GraphReader) if not name.startswith("_")}
    garble_header(path)
    for read in READS.values():
        graph = EmbeddedGraph(path, read_only=True)
        with pytest.raises(GraphDamaged):
            read(graph)
        graph.close()


@pytest.mark.parametrize("damage", [cut, garble_header])
def test_a_file_that_is_cut_or_foreign_is_damaged_to_readers_and_writers(
    path: Path, damage: Callable[[Path], None]
) -> None:
    damage(path)
    reader, writer = EmbeddedGraph(path, read_only=True), EmbeddedGraph(path)
    with pytest.raises(GraphDamaged, match=r"graph\.db is damaged .*headwater rebuild graph"):
        ask_everything(reader)
    with pytest.raises(GraphDamaged, match="headwater rebuild graph"):
        write_much(writer)
    for graph in (reader, writer):
        graph.close()


@pytest.mark.parametrize("damage", [empty, remove])
def test_an_empty_or_missing_file_is_unavailable_and_is_filled_from_the_beginning(
    path: Path, damage: Callable[[Path], None]
) -> None:
    damage(path)
    reader, writer = EmbeddedGraph(path, read_only=True), EmbeddedGraph(path)
    with pytest.raises(GraphUnavailable):
        reader.check()
    writer.ensure_schema()
    assert writer.offsets() == {}
    for graph in (reader, writer):
        graph.close()


def test_whichever_page_is_damaged_answers_are_right_or_refused_and_readiness_remembers(path: Path) -> None:
    intact = path.read_bytes()
    graph = EmbeddedGraph(path, read_only=True)
    whole = list(graph.export())
    graph.close()
    told = 0
    for number in pages(path):
        path.write_bytes(intact)
        overwrite_page(path, number)
        graph = EmbeddedGraph(path, read_only=True)
        damage = damage_met(graph)
        told += damage is not None
        if damage is None:
            assert list(graph.export()) == whole, f"page {number} of {len(intact) // page_size(path)}"
        else:
            assert str(path) in str(damage)
            with pytest.raises(GraphDamaged):
                graph.check()
        graph.close()
    assert told > 20


def test_a_value_that_cannot_be_decoded_is_damage(path: Path) -> None:
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("UPDATE node SET card = x'c1c1c1', state = x'c1c1c1'")
    connection.close()
    graph = EmbeddedGraph(path, read_only=True)
    with pytest.raises(GraphDamaged, match="cannot be decoded"):
        ask_everything(graph)
    graph.close()


def test_a_writer_that_meets_damage_stops_and_changes_nothing(path: Path) -> None:
    for number in list(pages(path))[8:]:
        overwrite_page(path, number)
    graph = EmbeddedGraph(path)
    with pytest.raises(GraphDamaged):
        write_much(graph)
    graph.close()
