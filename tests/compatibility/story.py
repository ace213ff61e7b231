"""What the data directories hold, and what the product answers about it.

The answers name only what every later version must still know; how it is shown may change.
"""

import uuid
from pathlib import Path
from typing import Any

import requests

from headwater.contracts.keys import model_key
from tests.load import MODEL_EVENTS, alert_rule, registered, run_event
from tests.patience import LONG, eventually
from tests.product import Product
from tests.progress import progress_of, send_and_settle

DATA = Path(__file__).parent / "data"
"""An archive `<name>.tar.xz` of each directory, and the answers in `<name>.json`."""
PASSWORD = "a published password of the tests"
ANALYST = "analyst"
SPACE = "shop"
MODEL = {"namespace": SPACE, "name": "churn"}
DAYS = (1, 2)
ROWS = 40
"""Predictions a day, more than a rule needs; of the second day a quarter is right."""
LINEAGE = "/api/v1/lineage"


def tell(product: Product) -> None:
    """Send the story to a new product whose administrator has PASSWORD, and wait until everything is applied."""
    for event in (*_runs(), _declared()):
        product.post(LINEAGE, event).raise_for_status()
    send_and_settle(product, MODEL_EVENTS, registered(**MODEL))
    _as_admin(product, "/api/v1/users", {"username": ANALYST, "password": PASSWORD})
    _as_admin(product, "/api/v1/alerts/rules", alert_rule("churn is accurate", SPACE))
    for day in DAYS:
        product.post("/api/v1/predictions", _predictions(day)).raise_for_status()
        product.post("/api/v1/labels", _labels(day)).raise_for_status()
    eventually(lambda: _alerts(product, product.login()))
    with progress_of(product) as progress:
        progress.await_all_read()


def answers(product: Product) -> dict[str, Any]:
    """What the product says about the story."""
    token = product.login()
    with progress_of(product) as progress:
        progress.await_all_read()
    return {
        "lineage": _lineage(product, token),
        "dataset": _dataset(product, token),
        "runs": _run_states(product, token),
        "accuracy": _accuracy(product, token),
        "alerts": _alerts(product, token),
        "users": sorted(user["username"] for user in product.get("/api/v1/users", token).json()["items"]),
        "recorded": _recorded(product, token),
    }


def _runs() -> list[dict[str, Any]]:
    steps = [("load", "orders.csv", "orders"), ("clean", "orders", "orders_clean"), ("train", "orders_clean", "model")]
    runs = [(step, str(uuid.uuid5(uuid.NAMESPACE_OID, step[0]))) for step in steps]
    return [
        run_event(job, run, state, space=SPACE, reads=reads, writes=writes)
        for (job, reads, writes), run in runs
        for state in ("START", "FAIL" if job == "train" else "COMPLETE")
    ]


def _declared() -> dict[str, Any]:
    facet = {"_producer": "https://headwater.example/load", "_schemaURL": "https://headwater.example/Facet.json"}
    fields = [{"name": "id", "type": "bigint"}, {"name": "placed", "type": "timestamp"}]
    owners = [{"name": "team:orders", "type": "OWNER"}]
    facets = {"schema": {**facet, "fields": fields}, "ownership": {**facet, "owners": owners}}
    return {
        "eventTime": "2026-03-01T13:00:00Z",
        "producer": "https://headwater.example/load",
        "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/DatasetEvent",
        "dataset": {"namespace": SPACE, "name": "orders", "facets": facets},
    }


def _ids(day: int) -> list[str]:
    return [f"{day}.{row}" for row in range(ROWS)]


def _predictions(day: int) -> dict[str, Any]:
    told = {"model": MODEL, "version": "1", "task": "binary", "event_time": f"2026-03-0{day}T12:00:00Z"}
    return {**told, "ids": _ids(day), "classes": ["yes"] * ROWS, "output": {"namespace": SPACE, "name": "churn_scores"}}


def _labels(day: int) -> dict[str, Any]:
    right = ROWS if day == 1 else ROWS // 4
    classes = ["yes"] * right + ["no"] * (ROWS - right)
    told = {"model": MODEL, "event_time": f"2026-03-0{day}T18:00:00Z"}
    return {**told, "prediction_ids": _ids(day), "classes": classes}


def _as_admin(product: Product, path: str, body: dict[str, Any]) -> None:
    headers = {"Authorization": f"Bearer {product.login()}"}
    requests.post(product.url + path, json=body, headers=headers, timeout=LONG).raise_for_status()


def _found(product: Product, token: str, kind: str, name: str) -> dict[str, Any]:
    answer = product.get("/api/v1/graph/nodes", token, kind=kind, namespace=SPACE, name=name)
    answer.raise_for_status()
    node: dict[str, Any] = answer.json()
    return node


def _lineage(product: Product, token: str) -> list[list[str]]:
    """The edges up from what the last job wrote: type, and the names of both ends."""
    focus = _found(product, token, "DataSource", "model")["id"]
    scene = product.get("/api/v1/graph/scene", token, focus=focus, up=6, down=0, limit=100).json()
    names = {node["id"]: node["name"] for node in scene["nodes"]}
    return sorted([edge["type"], names[edge["from"]], names[edge["to"]]] for edge in scene["edges"])


def _dataset(product: Product, token: str) -> list[list[str]]:
    """Columns and owners."""
    found = _found(product, token, "DataSource", "orders")
    return [[column["name"] for column in found["columns"]], found["owners"]]


def _run_states(product: Product, token: str) -> list[list[str]]:
    runs = product.get("/api/v1/runs", token, limit=50).json()["items"]
    return sorted([run["job_name"], run["run_id"], run["state"]] for run in runs)


def _accuracy(product: Product, token: str) -> list[list[Any]]:
    model = model_key(SPACE, "churn").id
    points = product.get(f"/api/v1/models/{model}/metrics", token, metric="accuracy").json()["points"]
    return sorted([point["window_start"], point["value"]] for point in points)


def _alerts(product: Product, token: str) -> list[list[Any]]:
    alerts = product.get("/api/v1/alerts", token).json()["items"]
    return sorted([alert["rule_name"], alert["state"], alert["value"]] for alert in alerts)


def _recorded(product: Product, token: str) -> list[str]:
    """Actions in the audit trail."""
    items = product.get("/api/v1/audit", token, limit=100).json()["items"]
    return sorted({item["action"] for item in items})
