"""Actions and refusals of any service are in the audit trail, once, in both modes."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
import requests

from tests.load import MODEL_EVENTS, alert_rule, registered
from tests.product import Product, eventually
from tests.progress import send_and_settle

pytestmark = pytest.mark.timeout(240)
RULES = "/api/v1/alerts/rules"
PASSWORD = "four score and seven years"


class Acting:
    """A user with a token, and the trail as an owner reads it."""

    def __init__(self, product: Product, token: str) -> None:
        self.product, self.token = product, token

    def ask(self, method: str, path: str, body: Any = None, *, request: str = "") -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token}"} | ({"X-Request-Id": request} if request else {})
        return requests.request(method, self.product.url + path, json=body, headers=headers, timeout=20)

    def trail(self, **wanted: str) -> list[dict[str, Any]]:
        asked = "&".join(f"{name}={value}" for name, value in wanted.items())
        answer = self.product.get(f"/api/v1/audit?limit=1000&{asked}", self.product.login())
        answer.raise_for_status()
        found: list[dict[str, Any]] = answer.json()["items"]
        return found


@pytest.mark.embedded
def test_actions_and_refusals_are_in_the_embedded_trail(product: Product) -> None:
    _stand_in_the_trail(product)


def test_actions_and_refusals_are_in_the_distributed_trail(request: pytest.FixtureRequest) -> None:
    _stand_in_the_trail(request.getfixturevalue("distributed"))


def _stand_in_the_trail(product: Product) -> None:
    send_and_settle(product, MODEL_EVENTS, registered("audit", "churn"))
    owner = Acting(product, product.login())
    actor = f"user:{owner.ask('GET', '/api/v1/auth/me').json()['subject']}"
    ids = [f"audit-{uuid.uuid4().hex}" for _ in range(2)]
    rule = owner.ask("POST", RULES, _rule(), request=ids[0])
    assert rule.status_code == 201, rule.text
    thing = f"alert-rule:{rule.json()['id']}"
    assert owner.ask("DELETE", f"{RULES}/{rule.json()['id']}", request=ids[1]).status_code == 204
    found = _eventually(lambda: owner.trail(object=thing), 2)
    assert {(entry["action"], entry["actor"], entry["service"], entry["detail"]["request"]) for entry in found} == {
        ("alert_rule.create", actor, "alerting", ids[0]),
        ("alert_rule.delete", actor, "alerting", ids[1]),
    }

    viewer, subject = _viewer(owner)
    assert viewer.ask("POST", RULES, _rule()).status_code == 403
    assert viewer.ask("POST", "/api/v1/users", {}).status_code == 403
    assert viewer.ask("POST", "/api/v1/labels", {}).status_code == 403
    refused = _eventually(lambda: owner.trail(actor=f"user:{subject}", outcome="refused"), 3)
    assert {(entry["action"], entry["service"]) for entry in refused} == {
        (f"POST {RULES}", "api-gateway"),
        ("POST /api/v1/users", "auth"),
        ("POST /api/v1/labels", "ingest-gateway"),
    }

    exported = f"audit-{uuid.uuid4().hex}"
    assert owner.ask("GET", "/api/v1/graph/export", request=exported).status_code == 200
    _eventually(
        lambda: [entry for entry in owner.trail(action="graph.export") if entry["detail"]["request"] == exported], 1
    )


def _eventually(read: Callable[[], list[dict[str, Any]]], count: int) -> list[dict[str, Any]]:
    """The records, once there are that many; never more."""
    eventually(lambda: len(read()) >= count)
    found = read()
    assert len(found) == count
    return found


def _rule() -> dict[str, Any]:
    return alert_rule(f"audited {uuid.uuid4().hex[:8]}", "audit")


def _viewer(owner: Acting) -> tuple[Acting, str]:
    name = f"viewer {uuid.uuid4().hex[:8]}"
    made = owner.ask(
        "POST", "/api/v1/users", {"username": name, "password": PASSWORD, "bindings": [{"role": "viewer"}]}
    )
    assert made.status_code == 201, made.text
    opened = owner.ask("POST", "/api/v1/auth/login", {"username": name, "password": PASSWORD}).json()
    return Acting(owner.product, opened["access_token"]), made.json()["subject"]
