"""The sample story of a distributed installation: the same as in embedded mode, and removable."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from headwater.sample import names
from tests.distributed import DistributedProduct
from tests.integration.bad_events import LINEAGE, run_event
from tests.integration.commands import succeeds
from tests.integration.sample_story import MODEL, has_fired
from tests.product import eventually
from tests.progress import settled_export

MINE = {"namespace": "not.sample", "name": "reports"}
Record = dict[str, Any]


def of_the_story(product: DistributedProduct) -> list[Record]:
    """Runs, model versions and metrics of it in the canonical export."""
    records = [json.loads(line) for line in settled_export(product)]
    return [record for record in records if record["record"] in {"run", "model_version", "metric"} and _sampled(record)]


def _sampled(record: Record) -> bool:
    about: Record = record.get("job") or record["model"]
    return about["namespace"] in names.NAMESPACES


def mine(product: DistributedProduct) -> bool:
    return product.get("/api/v1/graph/nodes", product.login(), kind="ETLProcess", **MINE).ok


def test_it_is_added_and_removed_and_other_data_stays(distributed: DistributedProduct, key_file: Path) -> None:
    environment = {"HEADWATER_MODE": "distributed"} | distributed.stores().environment()
    reads = {"namespace": names.FEATURES.namespace, "name": names.FEATURES.name}
    assert distributed.post(LINEAGE, run_event(job=MINE, inputs=[reads], outputs=[])).ok
    succeeds("sample", "add", "--url", distributed.url, "--key-file", key_file)
    eventually(lambda: has_fired(distributed))
    assert len(_versions(distributed)) == 3
    assert "is removed" in succeeds("sample", "remove", env=environment)
    eventually(lambda: mine(distributed))
    assert of_the_story(distributed) == []
    day = datetime.now(UTC).date().isoformat()
    token = distributed.login()
    assert distributed.get("/api/v1/predictions", token, model=MODEL, id=f"{day}-0000").status_code == 404
    assert distributed.get("/api/v1/alerts/rules", token, model=MODEL).json()["items"] == []
    distributed.await_ready()


def _versions(product: DistributedProduct) -> list[Record]:
    return [record for record in of_the_story(product) if record["record"] == "model_version"]
