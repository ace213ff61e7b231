"""A five-hop scene of a large graph through the API."""

import random
import time

from bench.http_load import post_all
from bench.subject import Subject
from bench.table import Figure, at_least, at_most
from bench.workload import batches, new_events, repeating_events

TARGETS = {"embedded": 30, "distributed": 100}
DRAIN = {"embedded": (4_000, 8_000), "distributed": (1_500, 3_000)}
NODES_AN_EVENT = 5.0


def measure(subject: Subject, *, nodes: int = 500_000) -> list[Figure]:
    """Fill the graph with new events, work off a repeating load, then ask for scenes, from a tenth of the size on."""
    new, repeating = DRAIN[subject.mode]
    figures: list[Figure] = []
    for share, judged in ((0.1, False), (1.0, True)):
        events = int(nodes * share / NODES_AN_EVENT)
        rate = _drain(subject, list(new_events(events, prefix=f"scene{share}")), events)
        size = sum(subject.get("/api/v1/stats").json()["nodes"].values())
        note = f"{events} events to {size:,} nodes, search index on, ingest included on the same cores"
        figures.append(at_least("log to graph, new", rate, new if judged else None, "events/s", note))
        figures.append(_scenes(subject, f"scene{share}", events, TARGETS[subject.mode] if judged else None, size))
    count = 40_000
    rate = _drain(subject, list(repeating_events(count, prefix="drain")), count)
    note = f"{count} events of 1,000 known jobs, new runs, ingest included on the same cores"
    figures.append(at_least("log to graph, repeating", rate, repeating, "events/s", note))
    return figures


def _drain(subject: Subject, events: list[bytes], count: int) -> float:
    """Events a second from the first POST until the last is in the graph, and with it those of all partitions."""
    runs = _runs(subject) + len({_run_id(event) for event in events})
    last = _run_id(events[-1]).decode()
    job = events[-1].split(b'"job": {"namespace": "bench", "name": "', 1)[1].split(b'"', 1)[0].decode()
    began = time.perf_counter()
    post_all(subject.url, "/api/v1/lineage/batch", subject.key, list(batches(iter(events), 100)), connections=2)
    while _runs(subject) < runs or not _has_run(subject, job, last):
        time.sleep(0.05)
        if time.perf_counter() - began > 1800:
            raise RuntimeError("the graph did not catch up within half an hour")
    return count / (time.perf_counter() - began)


def _run_id(event: bytes) -> bytes:
    return event.split(b'"runId": "', 1)[1].split(b'"', 1)[0]


def _runs(subject: Subject) -> int:
    return int(subject.get("/api/v1/stats").json()["nodes"].get("Run", 0))


def _has_run(subject: Subject, job: str, run_id: str) -> bool:
    found = [
        n
        for n in subject.get("/api/v1/graph/search", q=job, kind="ETLProcess", limit=50).json()["items"]
        if n["name"] == job
    ]
    return bool(found) and any(
        run["run_id"] == run_id and run["state"] == "COMPLETE"
        for run in subject.get("/api/v1/runs", job=found[0]["id"], limit=5).json()["items"]
    )


def _scenes(subject: Subject, prefix: str, events: int, target: float | None, size: int) -> Figure:
    chance = random.Random(7)
    width = max(1, events // 20)
    sizes, times = [], []
    for _ in range(60):
        name = f"{prefix}.t9.{chance.randrange(width)}"
        found = subject.get("/api/v1/graph/nodes", kind="DataSource", namespace="bench://lake", name=name).json()
        began = time.perf_counter()
        scene = subject.get("/api/v1/graph/scene", focus=found["id"], up=5, down=5, limit=350).json()
        times.append(time.perf_counter() - began)
        sizes.append(len(scene["nodes"]))
    times.sort()
    sizes.sort()
    median_ms = times[len(times) // 2] * 1e3
    note = (
        f"{size:,} nodes in the graph, scene of {sizes[len(sizes) // 2]} nodes (median), "
        f"HTTP and JSON included, median {median_ms:.0f} ms"
    )
    return at_most("five-hop scene, p95", times[int(0.95 * len(times))] * 1e3, target, "ms", note)
