"""Log to graph, and a five-hop scene of a large graph through the API."""

import random
import time
from collections.abc import Iterator
from typing import NamedTuple

from bench.http_load import post_all
from bench.machine import cost_an_event, cpu_by_program
from bench.subject import Subject
from bench.table import Figure, at_least, at_most
from bench.workload import batches, new_events, repeating_events

TARGETS = {"embedded": 30, "distributed": 100}
DRAIN = {"embedded": (4_000, 8_000), "distributed": (1_500, 3_000)}
NODES_AN_EVENT = 5.0
# Kafka removes a member that is silent for ten seconds: the writer joins the group again before it continues.
_REJOINS = {"embedded": "", "distributed": ", including rejoining its group"}


def measure(subject: Subject, *, nodes: int = 500_000) -> list[Figure]:
    """Grow the graph to a tenth of the size and to full size, drain backlogs there, and read scenes."""
    new, repeating = DRAIN[subject.mode]
    figures: list[Figure] = []
    for share, judged in ((0.1, False), (1.0, True)):
        events = int(nodes * share / NODES_AN_EVENT)
        backlog = events * 2 // 5
        prefix = f"scene{share}"
        figures.append(_ingest_to_graph(subject, list(new_events(events - backlog, prefix=prefix))))
        figures.append(_drain(subject, "new", new_events(backlog, prefix=f"new{share}"), new if judged else None))
        figures.append(_scenes(subject, prefix, events - backlog, TARGETS[subject.mode] if judged else None))
    figures.append(_drain(subject, "repeating", repeating_events(nodes * 2 // 25, prefix="drain"), repeating))
    return figures


def _ingest_to_graph(subject: Subject, events: list[bytes]) -> Figure:
    caught_up = _mark(subject, events)
    began = time.perf_counter()
    _post(subject, events)
    _await(subject, caught_up)
    rate = len(events) / (time.perf_counter() - began)
    note = (
        f"{len(events)} events to {_size(subject):,} nodes, search index on; from the first POST until all are "
        "in the graph, so ingest and load generator are included on the same cores"
    )
    return at_least("ingest to graph, new", rate, None, "events/s", note)


def _drain(subject: Subject, kind: str, made: Iterator[bytes], target: float | None) -> Figure:
    """Events are ingested while the writer is halted; timed from the moment it resumes."""
    events = list(made)
    subject.await_graph()
    caught_up = _mark(subject, events)
    with subject.writer_halted():
        _post(subject, events)
        before = cpu_by_program(subject.pid)
    began = time.perf_counter()
    _await(subject, caught_up)
    rate = len(events) / (time.perf_counter() - began)
    cost = cost_an_event(before, cpu_by_program(subject.pid), len(events))
    note = (
        f"backlog of {len(events)} events to {_size(subject):,} nodes, search index on; ingested durably while "
        f"the writer's process was halted (SIGSTOP), from SIGCONT until all are in the graph{_REJOINS[subject.mode]}; "
        f"us CPU per event: {cost}"
    )
    return at_least(f"log to graph, {kind}", rate, target, "events/s", note)


def _post(subject: Subject, events: list[bytes]) -> None:
    post_all(subject.url, "/api/v1/lineage/batch", subject.key, list(batches(iter(events), 100)), connections=2)


class _Mark(NamedTuple):
    """The graph has all events once it counts `runs` runs, and `job` has ended its run `last`."""

    runs: int
    job: str
    last: str


def _mark(subject: Subject, events: list[bytes]) -> _Mark:
    """Call before the events are sent, on a graph that has caught up."""
    job = events[-1].split(b'"job": {"namespace": "bench", "name": "', 1)[1].split(b'"', 1)[0].decode()
    return _Mark(_runs(subject) + len({_run_id(event) for event in events}), job, _run_id(events[-1]).decode())


def _await(subject: Subject, mark: _Mark) -> None:
    deadline = time.monotonic() + 1800
    while _runs(subject) < mark.runs or not _has_run(subject, mark.job, mark.last):
        time.sleep(0.05)
        if time.monotonic() > deadline:
            raise RuntimeError("the graph did not catch up within half an hour")


def _run_id(event: bytes) -> bytes:
    return event.split(b'"runId": "', 1)[1].split(b'"', 1)[0]


def _size(subject: Subject) -> int:
    return sum(subject.get("/api/v1/stats").json()["nodes"].values())


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


def _scenes(subject: Subject, prefix: str, events: int, target: float | None) -> Figure:
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
        f"{_size(subject):,} nodes in the graph, scene of {sizes[len(sizes) // 2]} nodes (median), "
        f"HTTP and JSON included, median {median_ms:.0f} ms"
    )
    return at_most("five-hop scene, p95", times[int(0.95 * len(times))] * 1e3, target, "ms", note)
