"""What every application does, independent of its routes."""

import json
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any

import flask
import pytest
from flask.testing import FlaskClient

from headwater.contracts.identity import ALL
from headwater.runtime.identity.principal import Principal
from headwater.runtime.logs import lines as logs
from headwater.runtime.telemetry.health import Health
from headwater.runtime.telemetry.series import Telemetry
from headwater.runtime.web.access import Access, AccessLayer
from headwater.runtime.web.application import PRINCIPAL_ENVIRON, create_web_app, routes
from headwater.runtime.web.hosts import AllowedHosts
from headwater.runtime.web.proxies import TrustedProxies
from headwater.runtime.web.request_policy import RequestPolicy

from .conftest import AppOf
from .issuing import SERVICE_TOKEN, Feed, MadeKey

EXAMPLE = "/api/v1/example"


def test_every_program_answers_about_itself(client: FlaskClient) -> None:
    assert client.get("/livez").get_json() == {"status": "alive"}
    assert client.get("/readyz").get_json() == {"status": "ready", "dependencies": {"identity": {"ok": True}}}
    assert client.get("/version").get_json()["service"] == "example"
    assert client.get("/metrics").text.startswith("# HELP headwater_")


def test_a_program_whose_dependency_is_down_is_not_ready_and_names_it(app_of: AppOf) -> None:
    def down() -> None:
        raise ConnectionError("cannot reach postgresql://me:hidden@db/x")

    health = Health()
    health.add("accounts", down)
    answered = app_of(health=health).test_client().get("/readyz")
    assert answered.status_code == 503
    assert answered.get_json()["status"] == "not ready"
    assert answered.get_json()["dependencies"]["accounts"]["ok"] is False
    assert "hidden" not in answered.text


class Pieces:
    """A body in several chunks, which records that it was closed."""

    closed = False

    def __iter__(self) -> Iterator[bytes]:
        yield from (b"ab", b"cd")

    def close(self) -> None:
        self.closed = True


@pytest.mark.parametrize(("headers", "expected"), [([("Content-Length", "4")], [b"abcd"]), ([], [b"ab", b"cd"])])
def test_an_answer_of_known_length_leaves_in_one_piece_and_a_stream_piece_by_piece(
    headers: list[tuple[str, str]], expected: list[bytes]
) -> None:
    body = Pieces()

    def program(environ: object, start_response: Any) -> Pieces:
        start_response("200 OK", list(headers))
        return body

    def start(status: str, told: list[tuple[str, str]], exc_info: object = None) -> Callable[[bytes], object]:
        return bytes

    answered = AccessLayer(program, Access("example", Telemetry("example")))({"REQUEST_METHOD": "GET"}, start)
    assert list(answered) == expected
    assert isinstance(answered, list) is body.closed is bool(headers)


def test_a_route_that_does_not_say_who_may_call_it_cannot_be_served() -> None:
    bp = flask.Blueprint("silent", __name__)
    bp.add_url_rule("/silent", "silent", lambda: "hello")
    with pytest.raises(ValueError, match="silent"):
        create_web_app("example", blueprints=[bp], health=Health(), metrics=Telemetry("example"), verifier=None)


def test_a_program_with_guarded_routes_needs_a_verifier(app_of: AppOf) -> None:
    with pytest.raises(ValueError, match="no verifier"):
        app_of(verifier=None)


def test_routes_tell_what_they_declare(app_of: AppOf) -> None:
    told = {rule.rule: declared.permission for rule, declared in routes(app_of())}
    assert told[f"{EXAMPLE}/sent"] == "ingest:write"
    assert told["/livez"] is None


def test_the_permission_decides_and_narrows_what_is_seen(client: FlaskClient, bearer: dict[str, str]) -> None:
    nobody = client.get(f"{EXAMPLE}/things/1")
    assert nobody.status_code == 401
    assert nobody.headers["WWW-Authenticate"].startswith("Bearer")
    seen = client.get(f"{EXAMPLE}/things/1", headers=bearer)
    assert seen.get_json()["namespaces"] == ["team/"]


def test_who_lacks_the_permission_is_told_which(client: FlaskClient) -> None:
    headers = {"Authorization": f"Bearer {SERVICE_TOKEN.reveal()}"}
    answered = client.get(f"{EXAMPLE}/things/1", headers=headers)
    assert answered.status_code == 403
    assert "lineage:read" in answered.get_json()["detail"]


def test_a_stale_feed_refuses_reading_but_not_sending(client: FlaskClient, bearer: dict[str, str], feed: Feed) -> None:
    feed.seconds = 60.0
    refused = client.get(f"{EXAMPLE}/things/1", headers=bearer)
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
    assert client.post(f"{EXAMPLE}/sent", json={"name": "n"}, headers=bearer).status_code == 201
    assert "headwater_identity_feed_age_seconds" in client.get("/metrics").text


def test_identity_headers_of_strangers_are_not_believed(client: FlaskClient) -> None:
    forged = {"Headwater-Principal": "e30=", "Headwater-Client-Address": "9.9.9.9", "X-Forwarded-For": "9.9.9.9"}
    assert client.get(f"{EXAMPLE}/things/1", headers=forged).status_code == 401
    assert client.get(f"{EXAMPLE}/address", headers=forged).get_json() == ["127.0.0.1"]
    wrong = {**forged, "Headwater-Service-Token": "guess"}
    assert client.get(f"{EXAMPLE}/address", headers=wrong).get_json() == ["127.0.0.1"]
    right = {**forged, "Headwater-Service-Token": SERVICE_TOKEN.reveal()}
    assert client.get(f"{EXAMPLE}/address", headers=right).get_json() == ["9.9.9.9"]


@pytest.mark.parametrize(
    ("method", "path", "status", "slug"),
    [
        ("GET", "/nope", 404, "not-found"),
        ("GET", f"{EXAMPLE}/sent", 405, "method-not-allowed"),
        ("TRACE", f"{EXAMPLE}/asked", 405, "method-not-allowed"),
        ("OPTIONS", f"{EXAMPLE}/asked", 405, "method-not-allowed"),
        ("GET", f"{EXAMPLE}/refuses", 409, "conflict"),
        ("GET", f"{EXAMPLE}/fails", 500, "internal"),
    ],
)
def test_everything_that_goes_wrong_has_one_shape(
    client: FlaskClient, method: str, path: str, status: int, slug: str
) -> None:
    answered = client.open(path, method=method)
    assert answered.status_code == status
    assert answered.content_type == "application/problem+json"
    assert answered.get_json()["type"] == f"urn:headwater:problem:{slug}"
    assert answered.get_json()["status"] == status
    assert answered.get_json()["instance"] == answered.headers["X-Request-Id"]


def test_a_surprise_is_logged_with_its_id_and_not_told(client: FlaskClient) -> None:
    lines = StringIO()
    logs.configure("example", stream=lines)
    answered = client.get(f"{EXAMPLE}/fails", headers={"X-Request-Id": "request-0001"})
    assert "inner reason" not in answered.text
    assert answered.get_json()["instance"] == "request-0001"
    logged = [json.loads(line) for line in lines.getvalue().splitlines()]
    failure = next(line for line in logged if line["event"] == "request_failed")
    assert failure["request_id"] == "request-0001"
    assert "inner reason" in failure["exception"]


def test_the_id_of_a_write_that_succeeds_is_logged(client: FlaskClient, bearer: dict[str, str]) -> None:
    lines = StringIO()
    logs.configure("example", stream=lines)
    for count in range(3):  # the first request is always logged
        client.get(f"{EXAMPLE}/address", headers={"X-Request-Id": f"read-{count:04}"})
    named = bearer | {"X-Request-Id": "write-0001"}
    answered = client.post(f"{EXAMPLE}/sent", json={"name": "a"}, headers=named)
    logged = [json.loads(line) for line in lines.getvalue().splitlines()]
    (line,) = [line for line in logged if line["event"] == "request" and line["method"] == "POST"]
    assert (line["request_id"], line["status"]) == ("write-0001", answered.status_code) == ("write-0001", 201)
    assert "read-0002" not in lines.getvalue()


@pytest.mark.parametrize("given", ["short", "x" * 65, "has blank in it", "line\tbreak"])
def test_request_ids_that_could_spoil_a_log_are_replaced(client: FlaskClient, given: str) -> None:
    assert client.get("/livez", headers={"X-Request-Id": given}).headers["X-Request-Id"] != given


def test_answers_carry_the_safety_headers(client: FlaskClient) -> None:
    for path in ("/livez", "/docs", "/nope"):
        headers = client.get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert "Access-Control-Allow-Origin" not in headers


def test_metrics_hold_rules_never_paths(client: FlaskClient) -> None:
    client.get(f"{EXAMPLE}/things/secret-name")
    client.get("/somewhere/else")
    client.open("/livez", method="BREW")
    told = client.get("/metrics").text
    assert f'route="{EXAMPLE}/things/<thing>"' in told
    assert 'route="unmatched"' in told
    assert 'method="other"' in told
    assert "secret-name" not in told
    assert "BREW" not in told


def test_failures_of_each_route_are_counted_from_0(client: FlaskClient) -> None:
    told = client.get("/metrics").text.splitlines()
    labels = f'method="GET",route="{EXAMPLE}/things/<thing>",service="example"'
    assert f'headwater_http_requests_total{{{labels},status="500"}} 0.0' in told
    assert f'headwater_http_requests_total{{{labels},status="503"}} 0.0' in told


def test_metrics_say_what_runs_whether_it_is_ready_and_which_dependencies_answer(app_of: AppOf) -> None:
    health, up = Health(), [False]

    def graph() -> None:
        if not up[0]:
            raise OSError("no route")

    health.add("graph", graph)
    health.add("bus", lambda: None)
    client = app_of(health=health, version="1.2.3").test_client()
    told = client.get("/metrics").text
    assert 'service="example",version="1.2.3"} 1.0' in told
    assert 'headwater_ready{service="example"} 0.0' in told
    assert 'headwater_dependency_up{dependency="graph",service="example"} 0.0' in told
    assert 'headwater_dependency_up{dependency="bus",service="example"} 1.0' in told
    up[0] = True
    told = client.get("/metrics").text
    assert 'headwater_ready{service="example"} 1.0' in told
    assert 'headwater_dependency_up{dependency="graph",service="example"} 1.0' in told


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics", f"{EXAMPLE}/asked", "/nope"])
def test_a_program_called_by_another_name_does_not_answer(client: FlaskClient, path: str) -> None:
    refused = client.get(path, base_url="http://evil.example")
    assert refused.status_code == 421
    assert refused.get_json()["type"] == "urn:headwater:problem:misdirected"
    assert "HEADWATER_ALLOWED_HOSTS" in refused.get_json()["detail"]
    assert client.get(path).status_code != 421


def test_a_program_answers_to_the_names_that_it_was_given(app_of: AppOf) -> None:
    client = app_of(policy=RequestPolicy(AllowedHosts(names=["headwater.example"]))).test_client()
    assert client.get("/livez", base_url="http://headwater.example:8080").status_code == 200


def test_a_foreign_page_changes_nothing_and_a_producer_goes_on(client: FlaskClient, bearer: dict[str, str]) -> None:
    for foreign in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        refused = client.post(f"{EXAMPLE}/sent", json={"name": "n"}, headers=bearer | foreign)
        assert refused.status_code == 403
    assert client.post(f"{EXAMPLE}/sent", json={"name": "n"}, headers=bearer).status_code == 201
    own = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
    assert client.post(f"{EXAMPLE}/sent", json={"name": "n"}, headers=bearer | own).status_code == 201


def test_a_form_that_any_page_may_send_is_no_json(client: FlaskClient, bearer: dict[str, str]) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        sent = client.post(f"{EXAMPLE}/sent", data='{"name": "n"}', content_type=kind, headers=bearer)
        assert sent.status_code == 415


def test_the_addresses_that_trusted_proxies_add_are_believed(app_of: AppOf) -> None:
    policy = RequestPolicy(proxies=TrustedProxies(["127.0.0.1", "10.0.0.0/8"]))
    client = app_of(policy=policy).test_client()
    forwarded = {"X-Forwarded-For": "6.6.6.6, 192.0.2.7, 10.1.1.1"}
    assert client.get(f"{EXAMPLE}/address", headers=forwarded).get_json() == ["192.0.2.7"]
    stranger = {"REMOTE_ADDR": "198.51.100.9"}
    assert client.get(f"{EXAMPLE}/address", headers=forwarded, environ_base=stranger).get_json() == ["198.51.100.9"]


def test_the_viewer_of_this_process_is_believed(client: FlaskClient, key: MadeKey) -> None:
    ada: Any = Principal("ada", frozenset({"lineage:read"}), ALL)
    client.environ_base[PRINCIPAL_ENVIRON] = ada
    assert client.get(f"{EXAMPLE}/things/1").get_json()["subject"] == "ada"
