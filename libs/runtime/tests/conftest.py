"""A small application with every kind of route, and callers for it."""

import gc
from collections.abc import Callable, Iterator
from typing import Annotated

import flask
import msgspec
import pytest
from flask.testing import FlaskClient

from headwater.contracts.problems import Problems
from headwater.runtime.identity.verifier import Verifier
from headwater.runtime.telemetry.health import Health
from headwater.runtime.telemetry.series import Telemetry
from headwater.runtime.web.application import (
    answer,
    any_body,
    body,
    client_address,
    create_web_app,
    current_principal,
    documented,
    permission,
    public,
    query,
    raw_body,
)
from headwater.runtime.web.problem import Problem

from .issuing import PEPPER, SERVICE_TOKEN, Clock, Feed, MadeKey, made_key, state


@pytest.fixture(autouse=True)
def collector() -> Iterator[None]:
    """Serving changes the garbage collector's settings; they are restored for the test process."""
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


class Asked(msgspec.Struct, kw_only=True):
    limit: Annotated[int, msgspec.Meta(ge=1, le=200, description="maximum number of items")] = 20
    text: str = ""
    tags: list[str] = []
    since: str | None = msgspec.field(name="from", default=None)
    must: str


class Sent(msgspec.Struct, kw_only=True):
    name: str
    sizes: list[int] = []


class Told(msgspec.Struct):
    subject: str
    namespaces: list[str]


def example() -> flask.Blueprint:
    bp = flask.Blueprint("example", __name__, url_prefix="/api/v1/example")

    @bp.get("/asked")
    @public("an example")
    @documented(query=Asked, answer={200: Asked})
    def asked() -> flask.Response:
        """What was asked.

        More about it.
        """
        return answer(query(Asked))

    @bp.post("/sent")
    @permission("ingest:write")
    @documented(body=Sent, answer={201: Sent})
    def sent() -> flask.Response:
        """What was sent."""
        return answer(body(Sent, limit=1000), 201, {"Location": "/there"})

    @bp.post("/raw")
    @public("an example")
    @any_body("an example")
    def raw() -> flask.Response:
        """The bytes that were sent."""
        return flask.Response(raw_body(1000, ("application/json", "application/x-ndjson")))

    @bp.get("/things/<thing>")
    @permission("lineage:read")
    @documented(answer={200: Told})
    def thing(thing: str) -> flask.Response:
        """The principal, and what they see."""
        return answer(Told(current_principal().subject, list(current_principal().visible.prefixes)))

    @bp.get("/address")
    @public("an example")
    def address() -> flask.Response:
        """Where the caller is."""
        return answer([client_address()])

    @bp.get("/fails")
    @public("an example")
    def fails() -> flask.Response:
        """Our mistake."""
        raise RuntimeError("the secret inner reason")

    @bp.get("/refuses")
    @public("an example")
    def refuses() -> flask.Response:
        """A problem."""
        raise Problem(Problems.CONFLICT, "It is so.", errors=[{"field": "name", "message": "Taken."}])

    return bp


@pytest.fixture
def key() -> MadeKey:
    """A key that may send anywhere and read below team/."""
    return made_key("ingest:write", "lineage:read", prefixes=("team/",))


@pytest.fixture
def feed(key: MadeKey) -> Feed:
    return Feed(state([key.record]))


@pytest.fixture
def verifier(feed: Feed) -> Verifier:
    return Verifier(feed, PEPPER, SERVICE_TOKEN, Clock())


@pytest.fixture
def metrics() -> Telemetry:
    return Telemetry("example")


AppOf = Callable[..., flask.Flask]


@pytest.fixture
def app_of(verifier: Verifier, metrics: Telemetry) -> AppOf:
    def made(**options: object) -> flask.Flask:
        given = {"blueprints": [example()], "health": Health(), "metrics": metrics, "verifier": verifier} | options
        return create_web_app("example", **given)  # type: ignore[arg-type]

    return made


@pytest.fixture
def client(app_of: AppOf) -> FlaskClient:
    return app_of().test_client()


@pytest.fixture
def bearer(key: MadeKey) -> dict[str, str]:
    return {"Authorization": f"Bearer {key.text}"}
