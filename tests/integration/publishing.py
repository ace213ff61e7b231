"""Events sent with the official OpenLineage client, and how the API shows them."""

import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState

from tests.patience import eventually, slowdown
from tests.product import Product

NAMESPACE = "clients"
INPUT = "postgres://db.example:5432"
OUTPUT = "s3://lake.example"
VISIBLE_SECONDS = 1.0


class Around(NamedTuple):
    """A job, what it reads and what it writes: names of the API's nodes."""

    job: str
    inputs: frozenset[str]
    outputs: frozenset[str]


def run_of(job: str, state: RunState = RunState.COMPLETE) -> RunEvent:
    """An event of a new run; the job reads `<job>.in` and writes `<job>.out`."""
    return RunEvent(
        eventType=state,
        eventTime=datetime.now(UTC).isoformat(),
        producer="https://headwater.example/tests",
        run=Run(str(uuid.uuid4())),
        job=Job(NAMESPACE, job),
        inputs=[InputDataset(INPUT, f"{job}.in")],
        outputs=[OutputDataset(OUTPUT, f"{job}.out")],
    )


def expected(job: str) -> Around:
    return Around(job, frozenset({f"{job}.in"}), frozenset({f"{job}.out"}))


def around(product: Product, token: str, job: str, namespace: str = NAMESPACE) -> Around | None:
    """The job with its neighbours as a user finds them: search, then the scene. None if it is not there yet."""
    page = product.get("/api/v1/graph/search", token, q=job, kind="ETLProcess", namespace=namespace)
    found = [node for node in page.json()["items"] if node["name"] == job]
    if not found:
        return None
    scene = product.get("/api/v1/graph/scene", token, focus=found[0]["id"], up=1, down=1).json()
    names = {node["id"]: node["name"] for node in scene["nodes"]}
    focus = scene["focus"]
    inputs = frozenset(names[edge["from"]] for edge in scene["edges"] if edge["to"] == focus)
    outputs = frozenset(names[edge["to"]] for edge in scene["edges"] if edge["from"] == focus)
    return Around(job, inputs, outputs)


def seconds_until_visible(product: Product, token: str, emit: Callable[[RunEvent], object], *, times: int = 5) -> float:
    """Time from `emit` until the API returns the complete job: the fastest of several, as the machine is shared.

    In seconds, allowing for the machine's load.
    """
    took = []
    for _ in range(times):
        job = f"job-{uuid.uuid4().hex[:8]}"
        slow = slowdown()
        began = time.monotonic()
        emit(run_of(job))
        eventually(lambda job=job: around(product, token, job) == expected(job))  # type: ignore[misc]
        took.append((time.monotonic() - began) / max(slow, slowdown()))
    return min(took)
