"""Durable ingest over HTTP: batches of 100, and one event a POST over eight connections."""

from bench.http_load import post_all
from bench.machine import cpu_seconds
from bench.subject import Subject
from bench.table import Figure, at_least, at_most
from bench.workload import batches, repeating_events

BATCH = 100
TARGETS = {"embedded": (10_000, 1_500, 60), "distributed": (4_000, None, None)}


def measure(subject: Subject, *, events: int = 60_000, singles: int = 12_000) -> list[Figure]:
    """Figures of one run; the graph works off the backlog meanwhile, on the same cores."""
    batched, single, p99 = TARGETS[subject.mode]
    bodies = list(batches(repeating_events(events, prefix="batch"), BATCH))
    post_all(subject.url, "/api/v1/lineage/batch", subject.key, bodies[:20], connections=4)
    cpu = cpu_seconds(subject.pid)
    loaded = post_all(subject.url, "/api/v1/lineage/batch", subject.key, bodies, connections=4)
    cpu = cpu_seconds(subject.pid) - cpu
    figures = [
        at_least(
            "durable ingest, batches of 100",
            events / loaded.seconds,
            batched,
            "events/s",
            f"{events} events over 4 connections, p99 {loaded.quantile(0.99) * 1e3:.0f} ms a batch, "
            f"{cpu / events * 1e6:.0f} us CPU an event all told, {loaded.refused} refused and repeated",
        )
    ]
    bodies = list(repeating_events(singles, prefix="single"))
    loaded = post_all(subject.url, "/api/v1/lineage", subject.key, bodies, connections=8)
    note = f"{singles} events over 8 connections, {loaded.refused} refused and repeated"
    figures.append(at_least("durable ingest, one event a POST", singles / loaded.seconds, single, "events/s", note))
    figures.append(at_most("… its p99", loaded.quantile(0.99) * 1e3, p99, "ms", note))
    return figures
