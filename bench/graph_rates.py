"""Log to graph without the log: decode, plan and apply on the embedded store, search index on.

`python -m bench.graph_rates [events] [--profile]`: batches of 500 events of about 4 KB in one process;
the bus, its disk and the other services are left out. Prints the machine, the workload and the figures.
"""

import argparse
import cProfile
import pstats
import tempfile
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from bench.machine import describe
from bench.table import Figure, at_least, print_table
from bench.workload import new_events, repeating_events
from headwater.bus.port import Record
from headwater.graph.embedded import EmbeddedGraph
from headwater.lineage_writer.handlers import DECODERS
from headwater.runtime.serve import calm_garbage_collector

BATCH = 500
TARGETS = {"new": 4_000.0, "repeating": 8_000.0}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("events", nargs="?", type=int, default=20_000)
    arguments.add_argument("--profile", action="store_true")
    options = arguments.parse_args()
    print(describe())
    calm_garbage_collector()  # as the program does
    for name, events in (
        ("new", list(new_events(options.events))),
        ("repeating", list(repeating_events(options.events + 2_000))),
    ):
        with tempfile.TemporaryDirectory() as folder:
            graph = EmbeddedGraph(Path(folder) / "graph.db")
            graph.ensure_schema()
            graph.acquire("bench")
            _measure(name, graph, events, profile=options.profile)
            graph.close()


def _measure(name: str, graph: EmbeddedGraph, events: list[bytes], *, profile: bool) -> None:
    records = [_record(offset, value) for offset, value in enumerate(events)]
    warm = 2_000 if name == "repeating" else 0
    _apply(graph, records[:warm])
    profiler = cProfile.Profile()
    if profile:
        profiler.enable()
    wall, cpu = time.perf_counter(), time.process_time()
    _apply(graph, records[warm:])
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    profiler.disable()
    count = len(records) - warm
    note = f"{count} events of {sum(map(len, events)) // len(events)} bytes, {count / cpu:,.0f} a CPU second"
    rows: list[Figure] = [at_least(f"decode, plan, apply: {name}", count / wall, TARGETS[name], "events/s", note)]
    print_table(f"Embedded graph, {name}", rows)
    if profile:
        pstats.Stats(profiler).sort_stats("tottime").print_stats(35)


def _record(offset: int, value: bytes) -> Record:
    headers = (("event_id", f"{offset:032x}".encode()),)
    return Record("lineage.events", 0, offset, None, value, headers, 0)


def _apply(graph: EmbeddedGraph, records: Sequence[Record]) -> None:
    for batch in _batches(iter(records)):
        graph.apply([fact for record in batch for fact in DECODERS[record.topic](record)[1]], {})


def _batches(records: Iterator[Record]) -> Iterator[list[Record]]:
    while batch := list(islice(records, BATCH)):
        yield batch


if __name__ == "__main__":
    main()
