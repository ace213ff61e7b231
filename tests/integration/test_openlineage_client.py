"""The unmodified OpenLineage client, configured only by the lines of `headwater env`."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import closing

import pytest
from openlineage.client import OpenLineageClient
from openlineage.client.event_v2 import DatasetEvent, JobEvent, RunState, StaticDataset
from openlineage.client.event_v2 import Job as JobName
from openlineage.client.facet_v2 import schema_dataset

from tests.integration.commands import shell
from tests.integration.publishing import (
    NAMESPACE,
    OUTPUT,
    VISIBLE_SECONDS,
    around,
    expected,
    run_of,
    seconds_until_visible,
)
from tests.product import Product, eventually

pytestmark = pytest.mark.embedded
PRINT = 'eval "$(headwater env --data-dir "$1")"; printf "%s %s" "$OPENLINEAGE_URL" "$OPENLINEAGE_API_KEY"'


@pytest.fixture
def address(product: Product, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """URL and key as a shell has them after `eval "$(headwater env)"`; they are set for the client, too."""
    told = subprocess.run(
        ["sh", "-c", PRINT, "sh", product.data_dir], env=shell(), stdout=subprocess.PIPE, text=True, check=True
    )
    url, key = told.stdout.split()
    for name in [name for name in os.environ if name.startswith("OPENLINEAGE")]:
        monkeypatch.delenv(name)  # a client writes derived values into the environment
    monkeypatch.setenv("OPENLINEAGE_URL", url)
    monkeypatch.setenv("OPENLINEAGE_API_KEY", key)
    return url, key


@pytest.fixture(params=["plain", "async", "gzip", "jwt"])
def client(
    request: pytest.FixtureRequest, address: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[OpenLineageClient]:
    """A client of each kind, configured by its environment as a pipeline is."""
    for name, value in _settings(request.param, *address).items():
        monkeypatch.setenv(f"OPENLINEAGE__TRANSPORT__{name}", value)
    made = OpenLineageClient()
    yield made
    assert made.close(10)


def _settings(kind: str, url: str, key: str) -> dict[str, str]:
    auth = {"type": "api_key", "apiKey": key}
    match kind:
        case "plain":
            return {}
        case "async":
            return {"TYPE": "async_http"}
        case "gzip":
            return {"TYPE": "http", "URL": url, "COMPRESSION": "gzip", "AUTH": json.dumps(auth)}
        case _:
            auth = {"type": "jwt", "apiKey": key, "tokenEndpoint": f"{url}/api/v1/auth/token"}
            return {"TYPE": "http", "URL": url, "AUTH": json.dumps(auth)}


def test_a_job_with_its_inputs_and_outputs_is_visible_within_a_second(
    client: OpenLineageClient, product: Product, token: str
) -> None:
    seconds = seconds_until_visible(product, token, client.emit)
    print(f"{client.transport.kind}: visible after {seconds:.3f} s")
    assert seconds <= VISIBLE_SECONDS


def test_every_event_of_a_burst_arrives(client: OpenLineageClient, product: Product, token: str) -> None:
    jobs = [f"burst-{client.transport.kind}-{id(client)}-{number}" for number in range(30)]
    for job in jobs:
        client.emit(run_of(job, RunState.START))
        client.emit(run_of(job))
    for job in jobs:
        assert eventually(lambda job=job: around(product, token, job)) == expected(job)  # type: ignore[misc]


def test_job_events_and_dataset_events_arrive_too(address: tuple[str, str], product: Product, token: str) -> None:
    at, by = "2026-03-01T12:00:00Z", "https://headwater.example/tests"
    schema = schema_dataset.SchemaDatasetFacet([schema_dataset.SchemaDatasetFacetFields("id", "bigint")])
    run = run_of("declared")
    with closing(OpenLineageClient()) as client:
        client.emit(JobEvent(eventTime=at, producer=by, job=run.job, inputs=run.inputs, outputs=run.outputs))
        client.emit(
            DatasetEvent(eventTime=at, producer=by, dataset=StaticDataset(OUTPUT, "alone", facets={"schema": schema}))
        )
        client.emit(JobEvent(eventTime=at, producer=by, job=JobName(NAMESPACE, "idle")))
    assert eventually(lambda: around(product, token, "declared")) == expected("declared")
    assert eventually(lambda: around(product, token, "idle"))
    node = product.get("/api/v1/graph/nodes", token, kind="DataSource", namespace=OUTPUT, name="alone").json()
    assert [column["name"] for column in node["columns"]] == ["id"]


def test_a_wrong_key_is_an_error_of_the_client_and_nothing_is_stored(
    address: tuple[str, str], product: Product, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = address[1]
    monkeypatch.setenv("OPENLINEAGE_API_KEY", key[:-1] + ("1" if key.endswith("0") else "0"))
    with closing(OpenLineageClient()) as client, pytest.raises(Exception, match="401"):
        client.emit(run_of("intruder"))
    assert product.post(
        "/api/v1/lineage", {"eventTime": "2026-03-01T12:00:00Z", "job": {"namespace": NAMESPACE, "name": "after"}}
    ).ok
    assert eventually(lambda: around(product, token, "after"))
    assert around(product, token, "intruder") is None
