"""A key follows its owner's permissions: immediately in embedded mode, within seconds in distributed mode."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
import requests

from tests.integration.bad_events import LINEAGE, run_event
from tests.product import Product, eventually

pytestmark = pytest.mark.timeout(240)
PASSWORD = "four score and seven years"


class Owner:
    """An engineer of a product, with a key."""

    def __init__(self, product: Product) -> None:
        self.product = product
        self.name = f"owner {uuid.uuid4().hex[:8]}"
        made = self._as_admin(
            "POST", "/users", {"username": self.name, "password": PASSWORD, "bindings": [{"role": "engineer"}]}
        )
        self.path = f"/users/{made['subject']}"
        login = {"username": self.name, "password": PASSWORD}
        token = requests.post(f"{product.url}/api/v1/auth/login", json=login, timeout=20).json()["access_token"]
        self.key = self._request("POST", "/keys", {"name": "loader"}, token)

    def send(self) -> int:
        """The answer to an event sent with the key."""
        headers = {"Authorization": f"Bearer {self.key['secret']}"}
        event = run_event(job={"namespace": "key owners", "name": self.name})
        return requests.post(self.product.url + LINEAGE, json=event, headers=headers, timeout=20).status_code

    def bind(self, role: str) -> None:
        self._as_admin("PUT", f"{self.path}/bindings", {"bindings": [{"role": role}]})

    def switch(self, how: str) -> None:
        self._as_admin("POST", f"{self.path}/{how}", None)

    def listed(self, **wanted: str) -> dict[str, Any]:
        """The first key with these values, as an administrator sees it."""
        keys: list[dict[str, Any]] = self._as_admin("GET", "/keys?limit=200", None)["items"]
        return next(key for key in keys if wanted.items() <= key.items())

    def _as_admin(self, method: str, path: str, body: Any) -> dict[str, Any]:
        return self._request(method, path, body, self.product.login())

    def _request(self, method: str, path: str, body: Any, token: str) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {token}"}
        answer = requests.request(method, f"{self.product.url}/api/v1{path}", json=body, headers=headers, timeout=20)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found


@pytest.mark.embedded
def test_an_embedded_key_follows_its_owner_at_once(product: Product) -> None:
    owner = Owner(product)
    _follows(owner, lambda status: owner.send() == status)


def test_a_distributed_key_follows_its_owner_soon(request: pytest.FixtureRequest) -> None:
    owner = Owner(request.getfixturevalue("distributed"))
    _follows(owner, lambda status: bool(eventually(lambda: owner.send() == status)))


def _follows(owner: Owner, answers: Callable[[int], bool]) -> None:
    assert answers(201)
    owner.bind("viewer")
    assert answers(403)
    owner.bind("producer")
    assert answers(201)
    owner.switch("disable")
    assert answers(401)
    owner.switch("enable")
    assert answers(201)
    loader = eventually(lambda: _used(owner.listed(id=owner.key["id"])))
    assert (loader["owner_name"], loader["state"]) == (owner.name, "active")
    assert owner.listed(name="producer", owner="service:installation")["annotate"] == [""]


def _used(key: dict[str, Any]) -> dict[str, Any] | None:
    return key if key["last_used_at"] else None
