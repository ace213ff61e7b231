"""Every example in the API description, sent to a product with the sample story, gives its documented 2xx."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.distributed import DistributedProduct
from tests.integration.commands import succeeds
from tests.integration.sample_story import MODEL, has_fired
from tests.patience import LONG, eventually
from tests.product import Product, running

pytestmark = pytest.mark.timeout(400)
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
NEW_KEY_SECONDS = 5.0
PASSWORD = "violet harbour at noon"
_NAME = re.compile(r"^{(\w+)}$")


class Caller:
    """An owner with a session, and the values of the placeholders in examples."""

    def __init__(self, product: Product, admin: str, number: int) -> None:
        self.product = product
        self.username = f"caller {number}"
        bearer = {"Authorization": f"Bearer {admin}"}
        made: Any = {"username": self.username, "password": PASSWORD, "bindings": [{"role": "owner"}]}
        requests.post(f"{product.url}/api/v1/users", json=made, headers=bearer, timeout=LONG).raise_for_status()
        self.session = requests.Session()
        self.session.headers["X-Headwater-Client"] = "web"
        opened = self.ask("POST", "/auth/login", json={"username": self.username, "password": PASSWORD})
        self.session.headers["Authorization"] = f"Bearer {opened['access_token']}"
        self.bound: dict[str, Callable[[], str]] = {
            "username": lambda: self.username,
            "password": lambda: PASSWORD,
            "new": lambda: f"new {number}",
            "model": lambda: MODEL,
            "dataset": lambda: self.first("/graph/search", q="customers", kind="DataSource"),
            "run": lambda: self.first("/runs", state="COMPLETE"),
            "alert": lambda: self.first("/alerts", model=MODEL),
            "rule": lambda: self.first("/alerts/rules", model=MODEL),
            "prediction": lambda: f"{datetime.now(UTC).date() - timedelta(days=1)}-0000",
            "session": lambda: self.first("/auth/sessions"),
            "subject": self.subject,
            "key": lambda: self.key()["id"],
            "secret": self.secret,
        }

    def ask(self, method: str, path: str, **more: Any) -> Any:
        answered = self.session.request(method, f"{self.product.url}/api/v1{path}", timeout=LONG, **more)
        assert answered.ok, answered.text
        return answered.json()

    def first(self, path: str, **query: str) -> str:
        found: str = self.ask("GET", path, params=query)["items"][0]["id"]
        return found

    def subject(self) -> str:
        made = {"username": f"{self.username}, another", "password": PASSWORD}
        found: str = self.ask("POST", "/users", json=made)["subject"]
        return found

    def key(self) -> dict[str, str]:
        made: dict[str, str] = self.ask("POST", "/keys", json={"name": "robot", "permissions": ["ingest:write"]})
        return made

    def secret(self) -> str:
        """The id of a new key, once auth knows it, which takes a moment in distributed mode."""
        found = self.key()["secret"]
        url = f"{self.product.url}/api/v1/auth/token"
        eventually(lambda: requests.post(url, data={"apikey": found}, timeout=LONG).ok, seconds=NEW_KEY_SECONDS)
        return found

    def bind(self, value: Any) -> Any:
        """An example with its names replaced."""
        if isinstance(value, dict):
            return {name: self.bind(part) for name, part in value.items()}
        if isinstance(value, list):
            return [self.bind(part) for part in value]
        found = _NAME.match(value) if isinstance(value, str) else None
        return value if found is None else self.bound[found[1]]()

    def send(self, method: str, path: str, operation: dict[str, Any]) -> requests.Response:
        """The request that an operation documents."""
        given = {(p["in"], p["name"]): self.bind(p["example"]) for p in operation["parameters"] if "example" in p}
        for (place, name), value in given.items():
            path = path.replace(f"{{{name}}}", value) if place == "path" else path
        content = operation.get("requestBody", {}).get("content", {})
        more: dict[str, Any] = {"params": {name: value for (place, name), value in given.items() if place == "query"}}
        if FORM in content:
            more["data"] = self.bind(content[FORM]["example"])
        elif JSON in content:
            more["json"] = self.bind(content[JSON]["example"])
        return self.session.request(method.upper(), self.product.url + path, timeout=LONG, stream=True, **more)


def operations(product: Product) -> Iterator[tuple[str, str, dict[str, Any]]]:
    described = requests.get(f"{product.url}/api/v1/openapi.json", timeout=LONG).json()
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def every_example_gives_its_documented_answer(product: Product) -> None:
    admin = product.login()
    wrong = []
    for number, (method, path, operation) in enumerate(operations(product)):
        caller = Caller(product, admin, number)
        with caller.session, caller.send(method, path, operation) as answered:
            documented = {status for status in operation["responses"] if status != "default"}
            if str(answered.status_code) not in documented:
                wrong.append((method, path, answered.status_code, answered.text[:300]))
    assert wrong == []
    assert number > 50


@pytest.mark.embedded
def test_every_example_works_embedded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADWATER_REGISTRATION", "open")
    with running(tmp_path / "data", "--sample", "--port", "0") as product:
        eventually(lambda: has_fired(product))
        every_example_gives_its_documented_answer(product)


def test_every_example_works_distributed(distributed: DistributedProduct, key_file: Path) -> None:
    succeeds("sample", "add", "--url", distributed.url, "--key-file", key_file)
    eventually(lambda: has_fired(distributed))
    every_example_gives_its_documented_answer(distributed)
    succeeds("sample", "remove", env={"HEADWATER_MODE": "distributed"} | distributed.stores().environment())
