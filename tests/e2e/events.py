"""OpenLineage events that a pipeline sends while a page is open."""

import uuid
from datetime import UTC, datetime
from typing import Any

from headwater.sample.names import LAKE, RAW_INVOICES
from tests.product import Product

JOBS = "reports.live"


def report(product: Product, job: str, state: str, run_id: str | None = None) -> str:
    """Report a state of a job that reads the story's raw invoices; returns the run id."""
    run = run_id or str(uuid.uuid4())
    event: dict[str, Any] = {
        "eventType": state,
        "eventTime": datetime.now(UTC).isoformat(),
        "producer": "https://headwater.example/e2e",
        "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent",
        "run": {"runId": run},
        "job": {"namespace": JOBS, "name": job},
        "inputs": [{"namespace": LAKE, "name": RAW_INVOICES.name}],
        "outputs": [{"namespace": LAKE, "name": f"reports/{job}"}],
    }
    answer = product.post("/api/v1/lineage", event)
    assert answer.status_code == 201, answer.text
    return run
