"""What the gateway sends to the audit trail."""

from collections.abc import Callable
from typing import Any

from flask.testing import FlaskClient

from headwater.contracts.identity import Visible
from headwater.runtime.identity.principal import Principal
from tests.hosting import Audited

EXPORT = "/api/v1/graph/export"


def test_an_export_is_noted_with_who_took_it(
    client_of: Callable[..., FlaskClient],
    make_principal: Callable[..., Principal],
    graph: Any,
    audited: Audited,
) -> None:
    graph.answers["export"] = iter([b"{}"])
    answered = client_of(make_principal("lineage:export")).get(EXPORT, headers={"X-Request-Id": "request-of-the-test"})
    assert answered.status_code == 200
    (event,) = audited
    assert (event.actor, event.action, event.object, event.outcome, event.at) == (
        "user:someone",
        "graph.export",
        "graph",
        "done",
        1_767_225_600_000_000,
    )
    assert event.detail == {"request": "request-of-the-test"}


def test_a_refused_export_and_a_refused_write_are_noted(
    client_of: Callable[..., FlaskClient], make_principal: Callable[..., Principal], audited: Audited
) -> None:
    part = make_principal("lineage:export", "lineage:read", visible=Visible(prefixes=("team",)))
    assert client_of(part).get(EXPORT).status_code == 403
    assert client_of(part).post("/api/v1/alerts/rules", json={}).status_code == 403
    assert client_of(part).get("/api/v1/alerts/rules").status_code == 403
    assert client_of(None).post("/api/v1/alerts/rules", json={}).status_code == 401
    assert [(event.action, event.outcome) for event in audited] == [
        (f"GET {EXPORT}", "refused"),
        ("POST /api/v1/alerts/rules", "refused"),
    ]
