"""The events that the benchmarks send: about 4 KB each, layered so that lineage has depth.

New: new jobs, datasets and runs. Repeating: known jobs and datasets, new run ids,
START and COMPLETE, advancing time.
"""

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

LAYERS = 20
_BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
_PRODUCER = "https://headwater.example/bench"


def new_events(count: int, *, prefix: str = "new") -> Iterator[bytes]:
    """COMPLETE events of `count` different jobs; each reads outputs of earlier layers and writes one or two datasets.

    Job i of layer l reads what jobs of layer l - 1 wrote, so five hops reach some hundred nodes.
    """
    width = max(1, count // LAYERS)
    for index in range(count):
        layer, place = divmod(index, width)
        reads = [f"{prefix}.t{layer}.{(place * 3 + k) % width}" for k in range(1 + index % 3)]
        writes = [f"{prefix}.t{layer + 1}.{(place + k * 7) % width}" for k in range(1 + index % 2)]
        yield _event(f"{prefix}.job.{index}", _uuid(prefix, index), "COMPLETE", index, reads, writes)


def repeating_events(count: int, *, jobs: int = 1000, prefix: str = "rep", start: int = 0) -> Iterator[bytes]:
    """Alternating START and COMPLETE of new runs of the same `jobs`."""
    for index in range(start, start + count):
        run, second = divmod(index, 2)
        job = run % jobs
        reads = [f"{prefix}.in.{job}.{k}" for k in range(2)]
        writes = [f"{prefix}.out.{job}"]
        state = "COMPLETE" if second else "START"
        yield _event(f"{prefix}.job.{job}", _uuid(prefix, run), state, index, reads, writes)


def batches(events: Iterator[bytes], size: int) -> Iterator[bytes]:
    """JSON arrays of `size` events."""
    batch: list[bytes] = []
    for event in events:
        batch.append(event)
        if len(batch) == size:
            yield b"[" + b",".join(batch) + b"]"
            batch = []
    if batch:
        yield b"[" + b",".join(batch) + b"]"


def _uuid(prefix: str, index: int) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{prefix}/{index}"))


def _event(job: str, run_id: str, state: str, index: int, reads: list[str], writes: list[str]) -> bytes:
    at = (_BEGIN + timedelta(milliseconds=100 * index)).isoformat()
    event = {
        "eventTime": at,
        "eventType": state,
        "producer": _PRODUCER,
        "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent",
        "run": {"runId": run_id, "facets": {"processing_engine": _facet(name="spark", version="3.5.1")}},
        "job": {
            "namespace": "bench",
            "name": job,
            "facets": {
                "jobType": _facet(processingType="BATCH", integration="SPARK", jobType="JOB"),
                "sql": _facet(query="SELECT a, b, c FROM source JOIN other USING (id) WHERE day = current_date " * 3),
            },
        },
        "inputs": [{"namespace": "bench://lake", "name": name, "facets": _dataset_facets()} for name in reads],
        "outputs": [{"namespace": "bench://lake", "name": name, "facets": _dataset_facets()} for name in writes],
    }
    return json.dumps(event).encode()


def _facet(**members: Any) -> dict[str, Any]:
    return {"_producer": _PRODUCER, "_schemaURL": "https://openlineage.io/spec/facets/1-0-0/Facet.json", **members}


def _dataset_facets() -> dict[str, Any]:
    fields = [{"name": f"column_{i}", "type": "bigint", "description": "one of the columns"} for i in range(8)]
    return {"schema": _facet(fields=fields), "dataSource": _facet(name="lake", uri="bench://lake")}
