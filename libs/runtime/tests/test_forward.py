"""Forwarded requests: within a process, and over HTTP."""

import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import flask
import msgspec
import pytest

from headwater.contracts.identity import ALL, Visible
from headwater.contracts.problems import Problems
from headwater.runtime.identity.principal import Principal
from headwater.runtime.stop import StopSignal
from headwater.runtime.web.application import (
    answer,
    body,
    client_address,
    current_principal,
    documented,
    permission,
    public,
    query,
)
from headwater.runtime.web.forward import Upstream, http_upstream, wsgi_upstream
from headwater.runtime.web.problem import Problem
from headwater.runtime.web.serve import serve
from tests.patience import LONG

from .conftest import AppOf, Sent
from .issuing import SERVICE_TOKEN

ADA = Principal("ada", frozenset({"alerts:read", "lineage:read"}), ALL, "user", {"alerts:read": ("",)}, "s1")


class Who(msgspec.Struct):
    subject: str
    prefixes: list[str]
    address: str
    asked: str


class Asked(msgspec.Struct):
    text: str = ""


def owner() -> flask.Blueprint:
    bp = flask.Blueprint("owner", __name__, url_prefix="/api/v1/alerts")

    @bp.get("/who")
    @permission("alerts:read")
    @documented(query=Asked)
    def who() -> flask.Response:
        """Who asks."""
        response = answer(
            Who(
                current_principal().subject,
                list(current_principal().visible.prefixes),
                client_address(),
                query(Asked).text,
            )
        )
        response.headers.add("Set-Cookie", "a=1")
        response.headers.add("Set-Cookie", "b=2")
        return response

    @bp.post("/sent")
    @permission("alerts:read")
    @documented(body=Sent)
    def sent() -> flask.Response:
        """What was sent."""
        return answer(body(Sent), 201)

    @bp.get("/own")
    @public("an example")
    def own() -> flask.Response:
        """The caller's own credentials."""
        return answer([flask.request.headers.get("Authorization"), flask.request.cookies.get("c")])

    @bp.get("/refuses")
    @public("an example")
    def refuses() -> flask.Response:
        """A problem."""
        raise Problem(Problems.INVALID_QUERY, "It is so.", errors=[{"field": "f", "message": "m"}])

    return bp


@pytest.fixture
def owning(app_of: AppOf) -> flask.Flask:
    return app_of(blueprints=[owner()])


@pytest.fixture
def listening(owning: flask.Flask) -> Iterator[str]:
    """The owner behind a loopback port."""
    stop = StopSignal()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        serving = threading.Thread(target=serve, args=(owning,), kwargs={"stop": stop, "listener": listener})
        serving.start()
        yield f"http://127.0.0.1:{port}"
        stop.set()
        serving.join(LONG)


@pytest.fixture(params=["wsgi", pytest.param("http", marks=pytest.mark.loopback)])
def upstream(request: pytest.FixtureRequest, owning: flask.Flask) -> Iterator[Upstream]:
    if request.param == "wsgi":
        yield wsgi_upstream(owning)
    else:
        made = http_upstream(request.getfixturevalue("listening"), SERVICE_TOKEN)
        yield made
        made.close()


Asking = Callable[..., Any]


@pytest.fixture
def asking(app_of: AppOf) -> Asking:
    """Runs something inside a request to the gateway."""
    app = app_of(blueprints=[])

    def run(act: Callable[[], Any], path: str = "/x", **request: Any) -> Any:
        with app.test_request_context(path, environ_base={"REMOTE_ADDR": "10.1.2.3"}, **request):
            return act()

    return run


def test_the_owner_learns_who_asks_and_from_where(upstream: Upstream, asking: Asking) -> None:
    response = asking(
        lambda: upstream.forward(flask.request, ADA), "/api/v1/alerts/who?text=a%2Fb%20c%26", method="GET"
    )
    assert response.status_code == 200
    told = msgspec.json.decode(response.data, type=Who)
    assert told == Who("ada", [], "10.1.2.3", "a/b c&")
    assert response.headers.getlist("Set-Cookie") == ["a=1", "b=2"]
    assert response.content_type == "application/json"


@pytest.mark.parametrize(
    ("path", "asked"),
    [("/api/v1/alerts/who?text=é", "é"), ("/api/v1/alerts/who?text=a%23%26é b", "a#&é b"), ("/who?é=1", None)],
)
def test_what_no_request_line_can_hold_travels_escaped(
    upstream: Upstream, asking: Asking, path: str, asked: str | None
) -> None:
    raw = path.partition("?")[2].encode().decode("latin-1")
    response = asking(
        lambda: upstream.forward(flask.request, ADA), path.partition("?")[0], environ_overrides={"QUERY_STRING": raw}
    )
    if asked is None:
        assert response.status_code == 404
    else:
        assert msgspec.json.decode(response.data, type=Who).asked == asked


def test_grants_travel_with_the_viewer(upstream: Upstream, asking: Asking) -> None:
    narrow = Principal("eve", frozenset({"alerts:read"}), Visible(prefixes=("t/",)), "key", {"alerts:read": ("t/",)})
    told = asking(lambda: upstream.get_json("/api/v1/alerts/who?text=x", narrow, Who))
    assert (told.subject, told.prefixes, told.asked) == ("eve", ["t/"], "x")


def test_bodies_travel(upstream: Upstream, asking: Asking) -> None:
    response = asking(
        lambda: upstream.forward(flask.request, ADA),
        "/api/v1/alerts/sent",
        method="POST",
        json={"name": "näme", "sizes": list(range(1000))},
    )
    assert response.status_code == 201
    assert msgspec.json.decode(response.data)["name"] == "näme"


def test_a_viewer_without_the_permission_is_refused_by_the_owner(upstream: Upstream, asking: Asking) -> None:
    nobody = Principal("eve", frozenset({"lineage:read"}), ALL)
    assert asking(lambda: upstream.forward(flask.request, nobody), "/api/v1/alerts/who").status_code == 403
    with pytest.raises(Problem) as problem:
        asking(lambda: upstream.get_json("/api/v1/alerts/who", nobody, Who))
    assert problem.value.problem is Problems.FORBIDDEN


def test_without_a_viewer_the_callers_own_credentials_travel(upstream: Upstream, asking: Asking) -> None:
    headers = {"Authorization": "Bearer mine", "Cookie": "c=7", "Headwater-Principal": "e30="}
    response = asking(lambda: upstream.forward(flask.request, None), "/api/v1/alerts/own", headers=headers)
    assert msgspec.json.decode(response.data) == ["Bearer mine", "7"]
    response = asking(lambda: upstream.forward(flask.request, ADA), "/api/v1/alerts/own", headers=headers)
    assert b"mine" not in response.data


def test_the_owners_problem_is_told_on(upstream: Upstream, asking: Asking) -> None:
    with pytest.raises(Problem) as problem:
        asking(lambda: upstream.get_json("/api/v1/alerts/refuses", ADA, Who))
    assert problem.value.problem is Problems.INVALID_QUERY
    assert problem.value.errors == [{"field": "f", "message": "m"}]
    passed = asking(lambda: upstream.forward(flask.request, ADA), "/api/v1/alerts/refuses")
    assert passed.content_type == "application/problem+json"


def test_an_answer_of_another_shape_is_not_available(upstream: Upstream, asking: Asking) -> None:
    with pytest.raises(Problem) as problem:
        asking(lambda: upstream.get_json("/api/v1/alerts/own", ADA, Who))
    assert problem.value.problem is Problems.UNAVAILABLE


@pytest.mark.loopback
def test_an_owner_that_is_away_is_not_available(listening: str, asking: Asking) -> None:
    upstream = http_upstream("http://127.0.0.1:9", SERVICE_TOKEN, timeout=2.0)
    with pytest.raises(Problem) as problem:
        asking(lambda: upstream.get_json("/api/v1/alerts/who", ADA, Who))
    assert problem.value.problem is Problems.UNAVAILABLE
    assert "Retry-After" in problem.value.headers


def test_an_address_must_be_one() -> None:
    with pytest.raises(ValueError, match="http://host:port"):
        http_upstream("auth:8081", SERVICE_TOKEN)
