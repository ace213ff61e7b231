"""Bytes at rest: what an event adds to the log and to the graph of the embedded product."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from bench.http_load import post_all
from bench.subject import Subject
from bench.table import Figure, at_most
from bench.workload import batches, new_events, repeating_events

BATCH, CONNECTIONS = 100, 2
STORES = {"log": Path("bus") / "lineage.events.db", "graph": Path("graph.db")}
KINDS: dict[str, Callable[..., Iterator[bytes]]] = {"of a known job": repeating_events, "of a new job": new_events}


def measure(subject: Subject, *, events: int = 20_000) -> list[Figure]:
    """Both kinds of events, after as many unmeasured ones. Nothing in distributed mode."""
    if subject.directory is None:
        return []
    figures = []
    for kind, make in KINDS.items():
        for prefix in ("before", "size"):
            began = _sizes(subject.directory)
            sent = [bytes(event) for event in make(events, prefix=f"{prefix}-{make.__name__}")]
            bodies = list(batches(iter(sent), BATCH))
            post_all(subject.url, "/api/v1/lineage/batch", subject.key, bodies, connections=CONNECTIONS)
            subject.await_graph()
        mean = sum(map(len, sent)) / events
        for store, size in _sizes(subject.directory).items():
            note = f"{events} events of {mean:,.0f} bytes each"
            figures.append(at_most(f"{store}, one event {kind}", (size - began[store]) / events, None, "bytes", note))
    return figures


def _sizes(directory: Path) -> dict[str, int]:
    """Bytes in use, including the write-ahead log and excluding free pages."""
    return {store: _used(directory / file) for store, file in STORES.items()}


def _used(file: Path) -> int:
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        pages, free, bytes_each = (
            connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
        )
    return int((pages - free) * bytes_each)
