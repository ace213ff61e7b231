"""From POST to visible through the API, at 500 events/s offered."""

import threading
import time

from bench.http_load import post_all
from bench.subject import Subject
from bench.table import Figure, at_most
from bench.workload import repeating_events

TARGETS = {"embedded": 150, "distributed": 500}
RATE = 500
PROBE_EVERY = 0.25


def measure(subject: Subject, *, seconds: float = 15.0) -> list[Figure]:
    """Send a probe event every quarter second, and poll by name until the API shows its job."""
    subject.await_graph()
    size = sum(subject.get("/api/v1/stats").json()["nodes"].values())
    stop = threading.Event()
    offered = threading.Thread(target=_offer, args=(subject, stop), daemon=True)
    offered.start()
    delays = [_probe(subject, number) for number in range(int(seconds / PROBE_EVERY))]
    stop.set()
    offered.join()
    delays.sort()
    median = delays[len(delays) // 2] * 1e3
    note = f"{size:,} nodes in the graph, {len(delays)} probes, median {median:.0f} ms, polled each 5 ms"
    p95 = delays[int(0.95 * len(delays))] * 1e3
    return [at_most(f"event visible at {RATE} events/s offered, p95", p95, TARGETS[subject.mode], "ms", note)]


def _probe(subject: Subject, number: int) -> float:
    prefix = f"probe{number}-{time.time_ns()}"
    event = next(repeating_events(1, prefix=prefix))
    began = time.perf_counter()
    post_all(subject.url, "/api/v1/lineage", subject.key, [event], connections=1)
    while not subject.get("/api/v1/graph/search", q=prefix, limit=1).json()["items"]:
        time.sleep(0.005)
        if time.perf_counter() - began > 30:
            raise RuntimeError(f"{prefix} did not become visible within 30 s")
    took = time.perf_counter() - began
    time.sleep(max(0.0, PROBE_EVERY - took))
    return took


def _offer(subject: Subject, stop: threading.Event) -> None:
    """Send RATE events a second in batches of 25."""
    portion, sent = 25, 0
    began = time.perf_counter()
    while not stop.is_set():
        bodies = list(repeating_events(portion, prefix="offered", start=sent))
        post_all(subject.url, "/api/v1/lineage", subject.key, bodies, connections=1)
        sent += portion
        time.sleep(max(0.0, began + sent / RATE - time.perf_counter()))
