"""What holds for every route."""

import base64
import hashlib
import re
from typing import Any

import flask
import pytest
from flask.testing import FlaskClient

from headwater.contracts.permissions import NAMES
from headwater.runtime.web.application import routes

PUBLIC = {"/", "/<page:path>", "/livez", "/readyz", "/version", "/metrics", "/docs", "/api/v1/openapi.json"}
AUTH_DECIDES = ("/api/v1/audit", "/api/v1/auth", "/api/v1/keys", "/api/v1/users")


def test_every_route_states_its_permission_or_why_it_is_public(app: flask.Flask) -> None:
    for rule, declared in routes(app):
        if declared.permission is None:
            assert declared.why, rule
            assert rule.rule in PUBLIC or rule.rule.startswith(AUTH_DECIDES), rule
        else:
            assert declared.permission in NAMES, rule


def test_no_route_with_a_permission_answers_without_credentials(app: flask.Flask, client_of: Any) -> None:
    client = client_of(None)
    for rule, declared in routes(app):
        if declared.permission is not None:
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
                path = flask_path(rule.rule)
                assert client.open(path, method=method).status_code == 401, (method, path)


def test_each_route_refuses_a_principal_with_all_other_permissions(
    app: flask.Flask, client_of: Any, make_principal: Any
) -> None:
    for rule, declared in routes(app):
        if declared.permission is not None:
            client = client_of(make_principal(*(NAMES - {declared.permission})))
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
                refused = client.open(flask_path(rule.rule), method=method)
                assert refused.status_code == 403, (method, rule)
                assert declared.permission in refused.json["detail"]


def flask_path(rule: str) -> str:
    return "/".join("x" if part.startswith("<") else part for part in rule.split("/"))


@pytest.mark.parametrize(
    ("method", "path", "owner"),
    [
        ("GET", "/api/v1/alerts", "alerting"),
        ("GET", "/api/v1/alerts/rules?limit=3", "alerting"),
        ("POST", "/api/v1/alerts/rules", "alerting"),
        ("DELETE", "/api/v1/alerts/rules/r", "alerting"),
        ("POST", "/api/v1/evaluations", "metrics-engine"),
    ],
)
def test_a_forwarded_route_reaches_its_owner_with_the_principal(
    client: FlaskClient, upstreams: Any, method: str, path: str, owner: str
) -> None:
    assert client.open(path, method=method).json == {"from": "owner"}
    (asked,) = upstreams[owner].asked
    assert asked[:2] == (method, path)
    assert asked[2].subject == "someone"


@pytest.mark.parametrize(
    "path", ["/auth/login", "/auth/refresh", "/auth/password", "/keys", "/users/u/disable", "/users"]
)
def test_auth_authorises_forwarded_requests_itself(client_of: Any, upstreams: Any, path: str) -> None:
    assert client_of(None).post(f"/api/v1{path}").status_code == 200
    assert upstreams["auth"].asked == [("POST", f"/api/v1{path}", None)]


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api", "/api/", "/internal/v1/identity/changes"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_unknown_api_path_is_a_problem_and_never_a_page(client: FlaskClient, method: str, path: str) -> None:
    refused = client.open(path, method=method)
    assert (refused.status_code, refused.mimetype) == (404, "application/problem+json")


def test_the_whole_api_is_described_for_programs_and_for_people(client_of: Any) -> None:
    visitor = client_of(None)
    described = visitor.get("/api/v1/openapi.json").json
    answered = visitor.get("/docs")
    page = answered.text
    (style,) = re.findall(r"<style>(.*?)</style>", page, flags=re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in answered.headers["Content-Security-Policy"]
    for path, operations in described["paths"].items():
        for method in operations:
            assert f"<code>{method.upper()} {path}</code>" in page
    assert next(iter(described["paths"])) == "/api/v1/labels"
    assert "<script" not in page
