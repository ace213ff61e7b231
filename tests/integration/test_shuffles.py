"""Histories shuffled, doubled and split over batches, from the gateway's check through deriving to the store."""

import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from headwater.bus.port import Record
from headwater.contracts.identity import ALL
from headwater.contracts.times import parse_instant
from headwater.graph.port import GraphStore
from headwater.graph.sqlite import EmbeddedGraph
from headwater.graph.state.facts import Fact
from headwater.ingest_gateway.acceptance import LINEAGE, MODEL, Sender, seal
from headwater.lineage_writer.handlers import DECODERS
from tests.emptied_neo4j import EmptiedNeo4j
from tests.histories import history

SEED = int(os.environ.get("HEADWATER_SEED", "20260301"))
EMBEDDED = int(os.environ.get("HEADWATER_SHUFFLES", "1000"))
NEO4J = EMBEDDED // 20
ORDERS = 10
"""Of each history."""
ARRIVAL = parse_instant("2026-03-01T00:00:00Z")
MakeGraph = Callable[[], GraphStore]


@pytest.mark.soak
@pytest.mark.timeout(1200)
def test_soak_shuffles_embedded(tmp_path: Path) -> None:
    graphs = _embedded_graphs(tmp_path)
    _shuffle("embedded", EMBEDDED, lambda: next(graphs))


@pytest.mark.soak
@pytest.mark.timeout(1200)
def test_soak_shuffles_neo4j(database: EmptiedNeo4j) -> None:
    _shuffle("Neo4j", NEO4J, database.fresh)


def _shuffle(where: str, shuffles: int, make_graph: MakeGraph) -> None:
    began, records = time.monotonic(), 0
    for number in range(shuffles):
        seed, order = divmod(number, ORDERS)
        chance = random.Random(SEED + number)
        if order == 0:
            facts = _facts(SEED + seed)
            wanted = _export(make_graph(), [[fact for event in facts for fact in event]])
            records += len(wanted)
        mixed = [*facts, *chance.sample(facts, len(facts) // 2)]
        chance.shuffle(mixed)
        assert _export(make_graph(), list(_split(mixed, chance))) == wanted, f"seed {SEED + seed}, order {number}"
    spent = time.monotonic() - began
    print(f"seed {SEED}: {where}, {shuffles} shuffles of histories with {records} records in all equal, {spent:.0f} s")


def _facts(seed: int) -> list[list[Fact]]:
    """What each event of a history asserts, as the gateway and the lineage-writer read it."""
    sender = Sender("test", ALL, ALL, "test", ARRIVAL)
    read = []
    for said in history("world", seed, runs=25):
        kind = next((k for k in (LINEAGE, MODEL) if said.path.startswith(f"/api/v1/{k.name}")), None)
        if kind is not None:
            out = seal(kind, said.body, sender).record
            read.append(DECODERS[out.topic](Record(out.topic, 0, 0, out.key, out.value, out.headers, ARRIVAL))[1])
    return read


def _split(events: list[list[Fact]], chance: random.Random) -> Iterator[list[Fact]]:
    while events:
        size = chance.randint(1, len(events))
        yield [fact for event in events[:size] for fact in event]
        events = events[size:]


def _export(graph: GraphStore, batches: list[list[Fact]]) -> list[bytes]:
    for batch in batches:
        graph.apply(batch, {})
    return list(graph.export())


def _embedded_graphs(folder: Path) -> Iterator[EmbeddedGraph]:
    """One after the other; each file is deleted when the next is created."""
    while True:
        path = folder / "graph.db"
        with closing(EmbeddedGraph(path)) as graph:
            graph.ensure_schema()
            graph.acquire("test")
            yield graph
        for file in folder.glob("graph.db*"):
            file.unlink()
