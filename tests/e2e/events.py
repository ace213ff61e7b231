"""OpenLineage events that a pipeline sends while somebody watches."""

import uuid
from datetime import UTC, datetime
from typing import Any

from headwater.sample.names import LAKE, RAW_INVOICES
from tests.product import Product

JOBS = "reports.live"


def report(product: Product, job: str, state: str, run_id: str | None = None) -> str:
    """Tell that a job which reads the story's raw invoices has reached a state; the id of its run."""
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
