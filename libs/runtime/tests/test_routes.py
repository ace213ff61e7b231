"""Routes declared on their views: what is passed in, what is refused early, what the response is."""

from collections.abc import Callable
from typing import Any

import flask
import msgspec
import pytest

from headwater.contracts.problems import Problems
from headwater.runtime.hosting.parts import MissingPart, Parts
from headwater.runtime.telemetry.health import Health
from headwater.runtime.telemetry.series import Telemetry
from headwater.runtime.web.application import create_web_app
from headwater.runtime.web.problem import Problem
from headwater.runtime.web.routes import NOT_STORED, Routes, blueprint

PUBLIC = "a test"


class Greeting(msgspec.Struct):
    text: str


class Asked(msgspec.Struct):
    name: str = "nobody"


class Store:
    def __init__(self) -> None:
        self.names = ["ada"]


def client(routes: Routes, *added: object) -> Any:
    parts = Parts()
    for part in added:
        parts.add(type(part), part)
    app = create_web_app(
        "example", blueprints=[blueprint("example", [routes], parts)], health=Health(), metrics=Telemetry("example"),
        verifier=None,
    )  # fmt: skip
    return app.test_client()


def test_a_view_gets_query_path_and_parts_and_its_result_is_the_answer() -> None:
    routes = Routes()

    @routes.get("/greet/<word>", public=PUBLIC, query=Asked, answer=Greeting)
    def greet(word: str, query: Asked, store: Store) -> Greeting:
        """A greeting."""
        return Greeting(f"{word} {query.name} {store.names[0]}")

    answered = client(routes, Store()).get("/greet/hello?name=bob")
    assert (answered.status_code, answered.get_json()) == (200, {"text": "hello bob ada"})


def test_a_body_is_parsed_and_the_declared_status_is_answered() -> None:
    routes = Routes()

    @routes.post("/names", public=PUBLIC, body=Asked, answer=Greeting, status=201)
    def add(body: Asked) -> Greeting:
        """Add a name."""
        return Greeting(body.name)

    answered = client(routes).post("/names", json={"name": "eve"})
    assert (answered.status_code, answered.get_json()) == (201, {"text": "eve"})
    assert client(routes).post("/names", json={"name": 1}).status_code == 422


def test_a_view_without_an_answer_is_204_and_a_response_passes_as_it_is() -> None:
    routes = Routes()

    @routes.delete("/names/<name>", public=PUBLIC)
    def drop(name: str) -> None:
        """Drop a name."""

    @routes.get("/raw", public=PUBLIC, answer=str)
    def raw() -> flask.Response:
        """A response of its own."""
        return flask.Response("as it is", status=418)

    assert client(routes).delete("/names/ada").status_code == 204
    assert client(routes).get("/raw").data == b"as it is"


def test_declared_headers_stand_on_answers_and_responses_and_not_on_problems() -> None:
    routes = Routes()

    @routes.get("/secret", public=PUBLIC, query=Asked, answer=Greeting, headers=NOT_STORED)
    def secret(query: Asked) -> Greeting | flask.Response:
        """A secret."""
        if query.name == "nobody":
            raise Problem(Problems.NOT_FOUND, "No.", headers={"Cache-Control": "max-age=5"})
        return Greeting("psst") if query.name == "ada" else flask.Response("psst")

    caches = [
        client(routes).get(path).headers["Cache-Control"]
        for path in ("/secret?name=ada", "/secret?name=bob", "/secret")
    ]
    assert caches == ["no-store", "no-store", "max-age=5"]


def test_a_body_has_the_limit_that_its_route_declares() -> None:
    routes = Routes()

    @routes.post("/names", public=PUBLIC, body=Asked, limit=20)
    def add(body: Asked) -> None:
        """Add a name."""

    assert client(routes).post("/names", json={"name": "eve"}).status_code == 204
    assert client(routes).post("/names", json={"name": "eve" * 10}).status_code == 413


def test_a_body_that_is_not_declared_is_refused_unless_the_route_reads_any() -> None:
    routes = Routes()

    @routes.post("/none", public=PUBLIC)
    def none() -> None:
        """Takes no body."""

    @routes.post("/form", public=PUBLIC, any_body="a form, whose fields the view checks", answer=str)
    def form() -> str:
        """Takes a form."""
        return flask.request.form["name"]

    assert client(routes).post("/none", data={"name": "ada"}).status_code == 415
    assert client(routes).post("/form", data={"name": "ada"}).get_json() == "ada"


def test_a_view_whose_part_is_missing_cannot_be_served() -> None:
    routes = Routes()

    @routes.get("/greet", public=PUBLIC, answer=Greeting)
    def greet(store: Store) -> Greeting:
        """A greeting."""
        return Greeting(store.names[0])

    with pytest.raises(MissingPart, match="Store"):
        client(routes)


def test_unknown_parameters_are_refused_by_name() -> None:
    routes = Routes()

    @routes.get("/greet", public=PUBLIC, query=Asked, answer=Greeting)
    def greet(query: Asked) -> Greeting:
        """A greeting."""
        return Greeting(query.name)

    assert "nmae" in client(routes).get("/greet?nmae=x").get_json()["detail"]


def undocumented() -> None: ...


def with_query(query: Asked) -> None:
    """Takes a query."""


def plain() -> None:
    """Takes nothing."""


def with_principal(principal: object) -> None:
    """Takes who asks."""


@pytest.mark.parametrize(
    ("view", "path", "declared", "message"),
    [
        (plain, "/x", {}, "give either permission"),
        (plain, "/x", {"public": PUBLIC, "permission": "lineage:read"}, "give either permission"),
        (plain, "/x/<id>", {"public": PUBLIC}, "'id', which is in the path"),
        (with_query, "/x", {"public": PUBLIC}, "declare query="),
        (plain, "/x", {"public": PUBLIC, "body": Asked}, "declare body="),
        (plain, "/x", {"public": PUBLIC, "body": Asked, "raw": True, "any_body": "a form"}, "or any_body="),
        (with_principal, "/x", {"public": PUBLIC}, "no principal"),
        (undocumented, "/x", {"public": PUBLIC}, "needs a docstring"),
    ],
)
def test_a_declaration_that_contradicts_its_view_is_refused(
    view: Callable[..., Any], path: str, declared: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Routes().get(path, **declared)(view)
