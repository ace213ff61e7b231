"""Durable ingest over HTTP: batches of 100, and one event per POST over eight connections.

Each row begins once the graph has caught up with everything sent before. During a row the writer keeps
consuming on the same cores, and so does the load generator.
"""

from collections.abc import Sequence

from bench.http_load import Loaded, post_all
from bench.machine import cost_an_event, cpu_by_program
from bench.subject import Subject
from bench.table import Figure, at_least, at_most
from bench.workload import batches, repeating_events

BATCH = 100
BATCH_CONNECTIONS, SINGLE_CONNECTIONS = 4, 8
TARGETS = {"embedded": (10_000, 1_500, 60), "distributed": (4_000, None, None)}


def measure(subject: Subject, *, events: int = 60_000, singles: int = 12_000) -> list[Figure]:
    """Both rows at a tenth of the size, to show how they grow, and at full size."""
    batched, single, p99 = TARGETS[subject.mode]
    figures: list[Figure] = []
    for share, judged in ((10, False), (1, True)):
        bodies = list(repeating_events(events // share, prefix=f"batch{share}"))
        loaded, note = _load(subject, bodies, BATCH, BATCH_CONNECTIONS)
        rate = len(bodies) / loaded.seconds
        note += f", p99 {loaded.quantile(0.99) * 1e3:.0f} ms a batch"
        figures.append(at_least("durable ingest, batches of 100", rate, batched if judged else None, "events/s", note))
        bodies = list(repeating_events(singles // share, prefix=f"single{share}"))
        loaded, note = _load(subject, bodies, 1, SINGLE_CONNECTIONS)
        rate = len(bodies) / loaded.seconds
        figures.append(at_least("durable ingest, one event a POST", rate, single if judged else None, "events/s", note))
        slow = loaded.quantile(0.99) * 1e3
        note = f"median {loaded.quantile(0.5) * 1e3:.1f} ms"
        figures.append(at_most("… its p99", slow, p99 if judged else None, "ms", note))
    return figures


def _load(subject: Subject, events: Sequence[bytes], batch: int, connections: int) -> tuple[Loaded, str]:
    """Send the events; returns a note on the cost per event until the graph had caught up."""
    subject.await_graph()
    path = "/api/v1/lineage" if batch == 1 else "/api/v1/lineage/batch"
    bodies = events if batch == 1 else list(batches(iter(events), batch))
    before = cpu_by_program(subject.pid)
    loaded = post_all(subject.url, path, subject.key, bodies, connections=connections)
    during = cpu_by_program(subject.pid)
    subject.await_graph()
    cost = cost_an_event(before, during, len(events))
    writing = _micros(sum(cpu_by_program(subject.pid).values()) - sum(before.values()), events)
    return loaded, (
        f"{len(events)} events over {connections} connections to a graph that had caught up; us CPU an event "
        f"meanwhile: {cost}, load generator {_micros(loaded.cpu_seconds, events)}; until in the graph {writing} "
        f"all told; {loaded.refused} refused and repeated"
    )


def _micros(seconds: float, events: Sequence[bytes]) -> str:
    return f"{seconds / len(events) * 1e6:.0f}"
