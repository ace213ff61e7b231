"""The sample story on the running product: sent through the public endpoints, always the same, removed completely."""

import collections
import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests
from openlineage.client import OpenLineageClient
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from headwater.sample import names
from headwater.sample.publish import publish
from tests.integration.bad_events import LINEAGE, run_event
from tests.integration.commands import succeeds
from tests.integration.sample_story import MODEL, has_fired
from tests.patience import LONG
from tests.product import Product, eventually, running
from tests.progress import settled_export

pytestmark = pytest.mark.embedded
MINE = {"namespace": "mine", "name": "reports"}
Record = dict[str, Any]


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    with running(tmp_path_factory.mktemp("sample") / "data", "--sample", "--port", "0") as started:
        yield started


def export(product: Product) -> list[Record]:
    """The canonical export, once the story has been sent and completely measured, evaluated and written."""
    eventually(lambda: _story(product).get("state") == "complete" and has_fired(product))
    return [json.loads(line) for line in settled_export(product)]


def _bytes(product: Product) -> bytes:
    return succeeds("export", "graph", "--data-dir", product.data_dir).encode()


def _forgotten(product: Product, token: str) -> list[str]:
    """The namespaces that the command deleted according to the audit trail."""
    acts = product.get("/api/v1/audit", token, limit=1000).json()["items"]
    return [a["object"] for a in reversed(acts) if (a["actor"], a["action"]) == ("cli", "namespace.forget")]


def _story(product: Product) -> dict[str, Any]:
    """The installation's record of its story; `today` as a date."""
    try:
        told: dict[str, Any] = json.loads((product.data_dir / "sample.json").read_text())
    except OSError:
        return {}
    return told | {"today": date.fromisoformat(told["today"])}


def test_it_has_all_that_it_promises_and_ends_today(product: Product) -> None:
    records = export(product)
    today = _story(product)["today"]
    kinds = collections.Counter(record["kind"] for record in records if record["record"] == "node")
    jobs = {
        r["name"]
        for r in records
        if r["record"] == "node" and r["kind"] == "ETLProcess" and r["namespace"] == names.JOBS
    }
    assert len(jobs) == 4
    assert kinds["MLModel"] == 1
    assert kinds["ModelVersion"] == 3
    assert kinds["Output"] == 2
    ended = [
        record["ended_at"]
        for record in records
        if record["record"] == "run" and record["job"]["namespace"] == names.JOBS
    ]
    assert len(ended) == 3 * names.DAYS + 3
    token = product.login()
    points = product.get(f"/api/v1/models/{MODEL}/metrics", token, metric="accuracy").json()["points"]
    windows = [date.fromisoformat(point["window_start"][:10]) for point in points]
    assert max(windows) == today
    assert min(windows) == today - timedelta(days=names.DAYS - 1)


def test_its_accuracy_falls_after_the_schema_change_and_an_alert_fires(product: Product) -> None:
    export(product)
    token = product.login()
    points = product.get(f"/api/v1/models/{MODEL}/metrics", token, metric="accuracy", version="3").json()["points"]
    days = names.calendar(_story(product)["today"])
    measured = {p["window_start"][:10]: p["value"] for p in points if p["labelled"] and p["version"] == "3"}
    change = days[names.SCHEMA_CHANGE].isoformat()
    before = [value for day, value in measured.items() if day <= change]
    after = [value for day, value in measured.items() if day > change]
    assert min(before) > 0.8 > max(after)
    assert len(after) >= 3
    table = product.get(
        "/api/v1/graph/nodes", token, kind="DataSource", namespace=names.BILLING, name=names.INVOICES.name
    )
    assert "amount_cents" in {column["name"] for column in table.json()["columns"]}
    [alert] = [a for a in product.get("/api/v1/alerts", token, model=MODEL).json()["items"] if a["state"] == "firing"]
    assert (alert["version"], alert["metric"], alert["severity"]) == ("3", "accuracy", "critical")
    counted = {s.labels["service"] for s in _samples(product) if s.name == "headwater_alerts_firing"}
    assert counted == {"alerting"}


def test_the_official_client_sends_its_lineage_and_sending_it_again_changes_nothing(
    product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = export(product)
    emitted: list[object] = []
    emit = OpenLineageClient.emit

    def counted(client: OpenLineageClient, event: Any) -> None:
        emitted.append(event)
        emit(client, event)

    monkeypatch.setattr(OpenLineageClient, "emit", counted)
    accepted = _accepted(product, "lineage")
    key = (product.data_dir / "secrets" / "sample.key").read_text().strip()
    publish(product.url, key, today=_story(product)["today"], progress=lambda line: None)
    assert _accepted(product, "lineage") - accepted == len(emitted) > 150
    assert "is present" in succeeds("sample", "add", "--data-dir", product.data_dir)
    assert export(product) == before


def _samples(product: Product) -> list[Sample]:
    text = requests.get(f"{product.url}/metrics", timeout=LONG).text
    return [sample for family in text_string_to_metric_families(text) for sample in family.samples]


def _accepted(product: Product, kind: str) -> int:
    """Events of a kind that the product has accepted."""
    wanted = {"transport": "http", "kind": kind, "result": "accepted"}
    return sum(
        int(s.value)
        for s in _samples(product)
        if s.name == "headwater_ingest_events_total" and s.labels.items() >= wanted.items()
    )


def test_a_second_installation_on_the_same_day_sends_the_same_story(product: Product, tmp_path: Path) -> None:
    with running(tmp_path / "data", "--sample", "--port", "0") as second:
        assert export(second) == export(product)


def test_a_rebuild_gives_the_same_bytes_while_the_product_runs(product: Product) -> None:
    export(product)
    before = _bytes(product)
    assert "in place" in succeeds("rebuild", "graph", "--data-dir", product.data_dir)
    assert _bytes(product) == before
    assert product.get("/api/v1/stats", product.login()).ok


def test_it_can_be_removed_and_added_again_and_other_data_stays(product: Product) -> None:
    reads = {"namespace": names.FEATURES.namespace, "name": names.FEATURES.name}
    assert product.post(LINEAGE, run_event(job=MINE, inputs=[reads], outputs=[MINE | {"name": "sheet"}])).ok
    before = export(product)
    assert "is removed" in succeeds("sample", "remove", "--data-dir", product.data_dir)
    left = [json.loads(line) for line in _bytes(product).splitlines()]
    assert {r["job"]["namespace"] for r in left if r["record"] == "run"} == {"mine"}
    assert {(r["kind"], r["name"]) for r in left if r["record"] == "node"} == {
        ("ETLProcess", "reports"),
        ("DataSource", names.FEATURES.name),
        ("DataSource", "sheet"),
    }
    token = product.login()
    assert eventually(lambda: _forgotten(product, token) == [*names.NAMESPACES])
    assert product.get("/api/v1/models", token).json()["items"] == []
    assert product.get("/api/v1/alerts", token).json()["items"] == []
    assert product.get("/api/v1/alerts/rules", token).json()["items"] == []
    day = _story(product)["today"].isoformat()
    assert product.get("/api/v1/predictions", token, model=MODEL, id=f"{day}-0000").status_code == 404
    succeeds("rebuild", "graph", "--data-dir", product.data_dir)
    assert [json.loads(line) for line in _bytes(product).splitlines()] == left
    succeeds("sample", "add", "--data-dir", product.data_dir)
    assert export(product) == before


def test_what_was_removed_does_not_come_back_at_the_next_start(product: Product) -> None:
    succeeds("sample", "remove", "--data-dir", product.data_dir)
    left = _bytes(product)
    product.stop()
    product.start()
    eventually(lambda: not any("sample" in child.cmdline() for child in psutil.Process(product.pid).children()))
    assert b"".join(line + b"\n" for line in settled_export(product)) == left
