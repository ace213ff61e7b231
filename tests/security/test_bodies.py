"""Bodies of requests other than events: unknown fields are refused at any depth."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from headwater.contracts.identity import IdentityChanges
from headwater.runtime.identity.verifier import LocalIdentityFeed, Verifier
from headwater.runtime.settings import Secret
from headwater.runtime.web.declare import documentation
from tests.security.composed import Composed, composed
from tests.security.programs import PEPPER, programs

FORM = "application/x-www-form-urlencoded"
NOBODY = IdentityChanges(cursor=0, jwks={"keys": []}, pepper_id="", keys=[], subjects=[])


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Composed]:
    made = composed(tmp_path_factory.mktemp("composed"))
    yield made
    made.close()


def structs(kind: Any) -> Iterator[msgspec.inspect.StructType]:
    """The struct itself and all inside."""
    found = msgspec.inspect.type_info(kind) if not isinstance(kind, msgspec.inspect.Type) else kind
    if isinstance(found, msgspec.inspect.StructType):
        yield found
        for field in found.fields:
            yield from structs(field.type)
    for inner in ("item_type", "value_type"):
        if isinstance(getattr(found, inner, None), msgspec.inspect.Type):
            yield from structs(getattr(found, inner))
    for inner in (*getattr(found, "types", ()), *getattr(found, "item_types", ())):
        yield from structs(inner)


def test_every_declared_body_but_those_of_events_refuses_unknown_fields(tmp_path: Path) -> None:
    verifier = Verifier(LocalIdentityFeed(lambda: NOBODY), PEPPER, Secret("service"))
    open_ones = {
        f"{rule.rule}: {found.cls.__name__}"
        for service, app in programs(verifier, tmp_path).items()
        for rule in app.url_map.iter_rules()
        for body in [documentation(app.view_functions[rule.endpoint]).body]
        if body is not None and service != "ingest-gateway"
        for found in structs(body)
        if not found.forbid_unknown_fields
    }
    assert open_ones == set()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/v1/auth/login"),
        ("POST", "/api/v1/auth/register"),
        ("POST", "/api/v1/auth/password"),
        ("POST", "/api/v1/keys"),
        ("POST", "/api/v1/users"),
        ("PUT", "/api/v1/users/u/bindings"),
        ("POST", "/api/v1/alerts/rules"),
        ("POST", "/api/v1/evaluations"),
    ],
)
def test_an_unknown_field_is_named(everything: Composed, method: str, path: str) -> None:
    answered = everything.client().open(path, method=method, json={"surprise": 1})
    if path.endswith("register") and answered.status_code == 403:
        return
    assert answered.status_code == 422, answered.text
    assert "surprise" in answered.text


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/v1/auth/logout"),
        ("POST", "/api/v1/auth/refresh"),
        ("DELETE", "/api/v1/auth/sessions/a"),
        ("DELETE", "/api/v1/keys/a"),
        ("POST", "/api/v1/users/a/disable"),
        ("POST", "/api/v1/users/a/enable"),
        ("DELETE", "/api/v1/alerts/rules/a"),
        ("GET", "/api/v1/stats"),
    ],
)
def test_a_route_that_takes_no_body_refuses_one(everything: Composed, method: str, path: str) -> None:
    headers = {"X-Headwater-Client": "tests"}
    answered = everything.client().open(path, method=method, json={"surprise": 1}, headers=headers)
    assert answered.status_code == 422, answered.text
    assert answered.get_json()["errors"][0]["field"] == "surprise"
    empty = everything.client().open(path, method=method, json={}, headers=headers)
    assert empty.status_code != 422, empty.text


def test_the_form_of_a_token_takes_what_clients_send_and_no_more(everything: Composed) -> None:
    client = everything.client("auth")
    usual = {"apikey": "hw_x", "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer"}
    assert client.post("/api/v1/auth/token", data=usual).status_code == 401
    refused = client.post("/api/v1/auth/token", data=usual | {"surprise": "1"})
    assert refused.status_code == 422
    assert refused.get_json()["errors"][0]["field"] == "surprise"
    twice = client.post("/api/v1/auth/token", data="apikey=a&apikey=b", content_type=FORM)
    assert twice.status_code == 422
