"""Log to graph without the log: decode, derive and store, with search index.

`python -m bench.graph_rates [events] [--neo4j] [--profile]`: batches of events of about 4 KB in one process (500 on
the embedded store, 1,000 on Neo4j, which is warmed up before); without the bus, its disk and the other services.
Prints the machine, the workload and the figures; CPU is that of all processes.
"""

import argparse
import cProfile
import os
import pstats
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from bench.machine import cpu_by_program, describe
from bench.table import Figure, at_least, print_table
from bench.workload import new_events, repeating_events
from headwater.bus.port import Record
from headwater.contracts.grants import EVERYTHING
from headwater.graph.neo4j import Neo4jGraph
from headwater.graph.port import GraphStore
from headwater.graph.sqlite import EmbeddedGraph
from headwater.lineage_writer.handlers import DECODERS
from headwater.local.servers import Servers
from headwater.runtime.web.serve import calm_garbage_collector

BATCH = {"embedded": 500, "neo4j": 1_000}
TARGETS = {
    "embedded": {"new": 4_000.0, "repeating": 8_000.0},
    "neo4j": {"new": 1_500.0, "repeating": 3_000.0},
}
WARM_UP = 40_000  # events until the JVM's compiler has little left to do


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("events", nargs="?", type=int, default=20_000)
    arguments.add_argument("--neo4j", action="store_true")
    arguments.add_argument("--profile", action="store_true")
    options = arguments.parse_args()
    print(describe())
    calm_garbage_collector()  # as the program does
    store = "neo4j" if options.neo4j else "embedded"
    with _graph(store, new_events(WARM_UP, prefix="warm")) as graph:
        _measure("new", store, graph, list(new_events(options.events)), profile=options.profile)
    with _graph(store, repeating_events(WARM_UP, prefix="warm")) as graph:
        events = list(repeating_events(options.events + 2_000))
        _apply(graph, events[:2_000], BATCH[store])
        _measure("repeating", store, graph, events[2_000:], profile=options.profile)


@contextmanager
def _graph(store: str, warm_up: Iterator[bytes]) -> Iterator[GraphStore]:
    """A separate store, ready to be measured."""
    with tempfile.TemporaryDirectory() as folder, Servers() as servers:
        if store == "embedded":
            graph: GraphStore = EmbeddedGraph(Path(folder) / "graph.db")
        else:
            found = servers.start("neo4j")
            graph = Neo4jGraph(found.neo4j_uri, found.neo4j_user, found.neo4j_password)
        graph.ensure_schema()
        graph.acquire("bench")
        if store == "neo4j":
            _apply(graph, list(warm_up), BATCH[store])
        yield graph
        graph.close()


def _measure(name: str, store: str, graph: GraphStore, events: list[bytes], *, profile: bool) -> None:
    profiler = cProfile.Profile()
    if profile:
        profiler.enable()
    wall, cpu = time.perf_counter(), _cpu()
    _apply(graph, events, BATCH[store])
    wall, cpu = time.perf_counter() - wall, _cpu() - cpu
    profiler.disable()
    count = len(events)
    note = f"{count} events of {sum(map(len, events)) // count} bytes, {cpu / count * 1e6:,.0f} us CPU per event"
    rate = at_least(f"decode, derive, store: {name}", count / wall, TARGETS[store][name], "events/s", note)
    rows: list[Figure] = [rate]
    print_table(f"Graph, {store}, {name}", rows)
    if profile:
        pstats.Stats(profiler).sort_stats("tottime").print_stats(35)


def _cpu() -> float:
    return sum(cpu_by_program(os.getpid()).values())


def _record(offset: int, value: bytes) -> Record:
    headers = (("event_id", f"{offset:032x}".encode()), ("grants", EVERYTHING))
    return Record("lineage.events", 0, offset, None, value, headers, 0)


def _apply(graph: GraphStore, events: Sequence[bytes], size: int) -> None:
    for batch in _batches((_record(offset, value) for offset, value in enumerate(events)), size):
        graph.apply([fact for record in batch for fact in DECODERS[record.topic](record)[1]], {})


def _batches(records: Iterator[Record], size: int) -> Iterator[list[Record]]:
    while batch := list(islice(records, size)):
        yield batch


if __name__ == "__main__":
    main()
