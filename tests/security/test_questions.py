"""Input of queries: cursors, parameters, ids, conditions; tested on all services with their real stores."""

import base64
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

import flask
import msgspec
import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from headwater.contracts.identity import Visible
from headwater.contracts.keys import dataset_key, model_key
from headwater.runtime.web.declare import known_parameters
from tests.security.composed import ROWS, SPACES, Composed, composed

LISTS = {
    "/api/v1/audit": None,
    "/api/v1/alerts": 3 * ROWS,
    "/api/v1/alerts/rules": 3 * ROWS,
    "/api/v1/graph/search": None,
    "/api/v1/keys": ROWS,
    "/api/v1/models": 3 * ROWS,
    "/api/v1/runs": 3 * ROWS,
    "/api/v1/users": ROWS + 1,
}
PAGES_OF_THE_DASHBOARD = ("/", "/<page:path>")
TEAM = Visible(prefixes=("team",))


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Composed]:
    made = composed(tmp_path_factory.mktemp("composed"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def client(everything: Composed) -> FlaskClient:
    return everything.client()


def routes(app: flask.Flask) -> Iterator[tuple[str, str, frozenset[str] | None]]:
    """Method, rule, and the parameters that the route declares; None if it forwards all."""
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield method, rule.rule, known_parameters(app.view_functions[rule.endpoint])


def filled(rule: str, part: str = "a1") -> str:
    return "/".join(part if piece.startswith("<") else piece for piece in rule.split("/")) or "/"


def refused_field(answered: TestResponse) -> str:
    assert answered.status_code == 400, (answered.status_code, answered.text[:200])
    assert answered.content_type == "application/problem+json"
    field: str = answered.get_json()["errors"][0]["field"]
    return field


def pages(client: FlaskClient, path: str, **asked: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The cursor behind each page, and its items."""
    cursor = ""
    while cursor is not None:
        answered = client.get(f"{path}?{urlencode(asked | {'cursor': cursor})}")
        assert answered.status_code == 200, answered.text
        page = answered.get_json()
        cursor = page["next_cursor"]
        yield cursor, page["items"]


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("limit", ["1", "2", "5"])
def test_pages_follow_one_another_without_loss_or_repetition(client: FlaskClient, path: str, limit: str) -> None:
    whole = client.get(path, query_string={"limit": 200}).get_json()["items"]
    found = [item for _, items in pages(client, path, limit=limit) for item in items]
    assert found == whole
    assert LISTS[path] in (None, len(whole))


@pytest.mark.parametrize("path", LISTS)
def test_a_cursor_of_another_list_or_filter_is_refused(client: FlaskClient, path: str) -> None:
    for other in LISTS:
        cursor = next(pages(client, other, limit="1"))[0]
        assert cursor is not None
        answered = client.get(path, query_string={"cursor": cursor})
        assert answered.status_code == 200 if other == path else refused_field(answered) == "cursor"
    cursor = next(pages(client, path, limit="1"))[0]
    for name, value in (("q", "t"), ("state", "firing"), ("state", "FAIL"), ("model", "x"), ("from", "2020-01-01")):
        answered = client.get(path, query_string={"cursor": cursor, name: value})
        assert answered.status_code == 400, (name, answered.text)


HUGE: list[Any] = [2**63, -(2**63) - 1, 10**40, -1, 0, 2**53, 1.5, 1e300, True, None, "1", [], {}, "x" * 5000, "a\0b"]


@pytest.mark.parametrize("path", LISTS)
def test_forged_places_are_refused_or_answered_and_never_break(client: FlaskClient, path: str) -> None:
    cursor = next(pages(client, path, limit="1"))[0]
    version, digest, place = msgspec.json.decode(base64.urlsafe_b64decode(cursor + "=="))
    for index in range(len(place)):
        for forged in HUGE:
            changed = [*place[:index], forged, *place[index + 1 :]]
            packed = msgspec.json.encode([version, digest, changed])
            text = base64.urlsafe_b64encode(packed).rstrip(b"=").decode()
            answered = client.get(path, query_string={"cursor": text})
            assert answered.status_code == 200 or refused_field(answered) == "cursor"
    for old in ("9" * 30, "-1", "1.5", "MTIz", "WzEsInIiXQ", "WzkyMjMzNzIwMzY4NTQ3NzU4MDgsImEiXQ"):
        assert refused_field(client.get(path, query_string={"cursor": old})) == "cursor"


ANY_CURSOR = st.one_of(
    st.binary(min_size=1, max_size=60).map(lambda raw: base64.urlsafe_b64encode(raw).decode()),
    st.binary(min_size=1, max_size=60).map(lambda raw: "%" + raw.hex("%")),
    st.text(alphabet=st.characters(codec="utf-8"), min_size=1, max_size=60).map(quote),
    st.just("W" * 5000),
)


@pytest.mark.parametrize("path", LISTS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cursor=ANY_CURSOR)
def test_no_bytes_in_a_cursor_are_an_error_of_ours(client: FlaskClient, path: str, cursor: str) -> None:
    assert refused_field(client.get(f"{path}?cursor={cursor}")) == "cursor"


@pytest.mark.parametrize("path", LISTS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 300), byte=st.integers(33, 126))
def test_no_change_of_a_cursor_is_an_error_of_ours(client: FlaskClient, path: str, at: int, byte: int) -> None:
    cursor = next(pages(client, path, limit="1"))[0]
    at %= len(cursor) + 1
    changed = quote(cursor[:at] + chr(byte) + cursor[at + 1 :])
    answered = client.get(f"{path}?cursor={changed}")
    assert answered.status_code == 200 or refused_field(answered) == "cursor"


def test_a_cursor_of_a_hidden_row_says_no_more_than_one_of_no_row(everything: Composed, client: FlaskClient) -> None:
    kinds = {"kind": "DataSource", "limit": "1"}
    cursors = [cursor for cursor, _ in pages(client, "/api/v1/graph/search", **kinds) if cursor]
    narrow = everything.client(visible=TEAM)
    told = {narrow.get("/api/v1/graph/search", query_string=kinds | {"cursor": c}).status_code for c in cursors}
    assert told == {200, 400}


UNKNOWN = ("surprise=1", "surprise=", "surprise", "limit=1&surprise=1", "%00=1", "Limit=1&cursor=&%C3%A9=1")


def test_every_route_of_every_service_refuses_parameters_that_it_does_not_know(everything: Composed) -> None:
    wrong = []
    for service, app in everything.apps.items():
        client = everything.client(service)
        for method, rule, known in routes(app):
            for asked in () if rule in PAGES_OF_THE_DASHBOARD else UNKNOWN:
                answered = client.open(f"{filled(rule)}?{asked}", method=method, json={})
                # A forwarded request may have no route at its owner.
                if known is None and answered.status_code in (404, 405):
                    continue
                fields = [] if answered.status_code != 400 else answered.get_json()["errors"]
                if not fields or "known:" not in fields[0]["message"]:
                    wrong.append((service, method, rule, asked, answered.status_code))
    assert wrong == []


def test_routes_that_are_passed_on_refuse_what_their_owner_does_not_know(everything: Composed) -> None:
    client = everything.client()
    for owner in ("auth", "alerting", "metrics-engine"):
        for method, rule, _ in routes(everything.apps[owner]):
            if rule.startswith("/api/v1") and not rule.endswith("openapi.json"):
                answered = client.open(f"{filled(rule)}?surprise=1", method=method, json={})
                assert refused_field(answered) == "surprise", (method, rule)


def test_a_parameter_given_twice_is_refused(everything: Composed) -> None:
    for service, app in everything.apps.items():
        client = everything.client(service)
        for method, rule, known in routes(app):
            for name in known or ():
                answered = client.open(f"{filled(rule)}?{name}=1&{name}=2", method=method)
                assert refused_field(answered) == name, (service, rule)


def test_pages_of_the_dashboard_take_any_parameter(client: FlaskClient) -> None:
    assert client.get("/lineage?focus=a&theme=dark").status_code == 200
    assert client.get("/?x=1").status_code == 200


HOSTILE = [
    "%00",
    "a%00b",
    "%ED%A0%80",
    "%FF%FE",
    "%F4%90%80%80",
    "%E2%80%AE",
    "9" * 30,
    "-1",
    "1e400",
    "NaN",
    "A" * 3000,
]


@pytest.mark.parametrize("part", HOSTILE)
def test_no_id_in_a_path_is_an_error_of_ours(everything: Composed, part: str) -> None:
    for service, app in everything.apps.items():
        client = everything.client(service)
        for method, rule, _ in routes(app):
            if "<" in rule:
                answered = client.open(filled(rule, part), method=method, json={})
                assert answered.status_code < 500, (service, method, rule, answered.text)


@pytest.mark.parametrize(
    "value", [*HOSTILE, "1" * 4301, "0x10", "1_000", "%EF%BC%91", "2020-01-01", "+262143-01-01T00:00Z"]
)
def test_no_value_of_a_parameter_is_an_error_of_ours(everything: Composed, value: str) -> None:
    required = {"model": "m", "id": "i", "focus": "f", "kind": "k", "namespace": "n", "name": "x"}
    for service, app in everything.apps.items():
        client = everything.client(service)
        for method, rule, known in routes(app):
            for name in known or ():
                others = urlencode({k: v for k, v in required.items() if k in (known or ()) and k != name})
                answered = client.open(f"{filled(rule)}?{name}={value}&{others}", method=method)
                assert answered.status_code < 500, (service, rule, name, answered.text)


@pytest.mark.parametrize(
    ("path", "method", "sent", "field"),
    [
        ("/api/v1/alerts/rules", "POST", {"name": "a\0"}, "name"),
        ("/api/v1/keys", "POST", {"name": "n", "prefixes": ["x", "a\0"]}, "prefixes[1]"),
        ("/api/v1/users", "POST", {"username": "a\0", "password": "p"}, "username"),
        ("/api/v1/users/u1/bindings", "PUT", {"bindings": [{"role": "viewer", "prefix": "\0"}]}, "bindings[0].prefix"),
        ("/api/v1/auth/login", "POST", {"username": "a\0", "password": "p"}, "username"),
        ("/api/v1/auth/login", "POST", {"username": "ada", "password": "p\0"}, "password"),
    ],
)
def test_bodies_with_nul_are_refused_by_field(
    client: FlaskClient, path: str, method: str, sent: Any, field: str
) -> None:
    answered = client.open(path, method=method, json=sent)
    assert answered.status_code == 422, answered.text
    assert answered.get_json()["errors"][0]["field"] == field


def test_no_condition_tells_what_is_hidden_from_what_is_absent(everything: Composed) -> None:
    hidden = {"focus": dataset_key("secret", "table 0 ").id, "model": model_key("teamb", "model 0").id}
    wide, narrow = everything.client(), everything.client(visible=TEAM)
    seen: list[str] = []
    for _, rule, _ in routes(everything.apps["api-gateway"]):
        if not rule.startswith("/api/") or "auth" in rule:
            continue
        for asked in ("", "?focus={focus}", "?model={model}&id=x"):
            path = filled(rule, "{focus}" if "node" in rule else "{model}") + asked
            answers = [
                narrow.get(path.format(**ids), headers={"If-None-Match": condition}).status_code
                for ids in (hidden, {"focus": "absent", "model": "absent"})
                for condition in ("*", '"x"', wide.get(path.format(**hidden)).headers.get("ETag", '"y"'))
            ]
            if wide.get(path.format(**hidden)).status_code == 200 and set(answers) == {404}:
                seen.append(rule)
            assert 304 not in answers, path
    assert {"/api/v1/graph/scene", "/api/v1/graph/nodes/<node>", "/api/v1/graph/columns"} <= set(seen)


def test_nothing_of_a_neighbour_with_a_longer_name_is_served(everything: Composed) -> None:
    narrow = everything.client(visible=TEAM)
    for path in ("graph/search?limit=200", "runs", "models", "alerts", "alerts/rules", "stats"):
        text = narrow.get(f"/api/v1/{path}").text
        assert "teamb" not in text, path
        assert "secret" not in text, path
    node = narrow.get(f"/api/v1/graph/nodes/{dataset_key('team', 'table 0 ').id}")
    assert node.status_code == 200
    assert "secret" not in node.text
    assert node.get_json()["facets"]["custom"]["redacted"] is True
    for space in SPACES[1:]:
        assert narrow.get(f"/api/v1/graph/nodes/{dataset_key(space, 'table 0 ').id}").status_code == 404
        assert narrow.get(f"/api/v1/alerts/rules/{space}-0").status_code == 404
