"""A graph with scripted answers, principals with chosen grants, and a gateway that uses them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import flask
import msgspec
import pytest
from flask.testing import FlaskClient

from headwater.api_gateway.service import SERVICE
from headwater.api_gateway.settings import Settings
from headwater.contracts.identity import ALL, IdentityChanges, Visible
from headwater.contracts.permissions import PERMISSIONS
from headwater.graph.port import SceneQuery
from headwater.runtime.identity.verifier import LocalIdentityFeed, Principal, Verifier
from headwater.runtime.settings import Secret
from headwater.runtime.web.application import PRINCIPAL_ENVIRON
from tests.hosting import Audited, application

NOW = 1_767_225_600_000_000
EVERYTHING = tuple(permission.name for permission in PERMISSIONS)
MakePrincipal = Callable[..., Principal]


@pytest.fixture
def make_principal() -> MakePrincipal:
    """Makes a viewer who holds these permissions on what `visible` shows."""

    def made(*permissions: str, visible: Visible = ALL) -> Principal:
        prefixes = ("",) if visible.everything else visible.prefixes
        return Principal("someone", frozenset(permissions), visible, "user", dict.fromkeys(permissions, prefixes))

    return made


class ScriptedGraph:
    """Answers each query from `answers`, by the name of the operation, and records the queries.

    An answer may be an exception to raise, or a dict by node id.
    """

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {"change": 1}
        self.asked: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def ask(*args: Any, **named: Any) -> Any:
            self.asked.append((operation, args, named))
            found = self.answers.get(operation)
            if isinstance(found, Exception):
                raise found
            if isinstance(found, dict):
                key = args[0].focus if isinstance(args[0], SceneQuery) else args[0]
                return found.get(key)
            return found

        return ask

    def last(self, operation: str) -> tuple[tuple[Any, ...], dict[str, Any]]:
        return next((args, named) for name, args, named in reversed(self.asked) if name == operation)


class ScriptedUpstream:
    """Another service: answers by path, or with the problem it was given."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {}
        self.asked: list[tuple[str, str, Principal | None]] = []

    def forward(self, request: flask.Request, principal: Principal | None) -> flask.Response:
        self.asked.append((request.method, request.full_path.rstrip("?"), principal))
        return flask.Response(b'{"from":"owner"}', 200, mimetype="application/json")

    def get_json(self, path: str, principal: Principal, type: type[Any]) -> Any:  # noqa: A002
        self.asked.append(("GET", path, principal))
        found = self.answers[path.partition("?")[0]]
        if isinstance(found, Exception):
            raise found
        return msgspec.convert(msgspec.to_builtins(found), type)


@pytest.fixture
def graph() -> ScriptedGraph:
    return ScriptedGraph()


@pytest.fixture
def upstreams() -> dict[str, ScriptedUpstream]:
    return {owner: ScriptedUpstream() for owner in ("auth", "metrics-engine", "alerting")}


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A built dashboard."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<!doctype html><title>built</title>")
    (tmp_path / "favicon.svg").write_text("<svg/>")
    (tmp_path / "assets" / "index-1a2b.js").write_text("1")
    return tmp_path


@pytest.fixture
def verifier() -> Verifier:
    nobody = IdentityChanges(cursor=0, jwks={"keys": []}, pepper_id="", keys=[], subjects=[])
    return Verifier(LocalIdentityFeed(lambda: nobody), Secret("pepper"), Secret("service"))


@pytest.fixture
def audited() -> Audited:
    return Audited()


@pytest.fixture
def app(
    graph: ScriptedGraph,
    upstreams: dict[str, ScriptedUpstream],
    verifier: Verifier,
    site: Path,
    audited: Audited,
) -> flask.Flask:
    return application(
        SERVICE,
        Settings(static_dir=str(site)),
        graph=graph,
        upstreams=upstreams,
        verifier=verifier,
        audit=audited,
        clock=lambda: NOW,
    )


Client = Callable[..., FlaskClient]


@pytest.fixture
def client_of(app: flask.Flask) -> Client:
    """A client for this viewer; None for no credentials."""

    def made(principal: Principal | None) -> FlaskClient:
        client = app.test_client()
        if principal is not None:
            client.environ_base = client.environ_base | {PRINCIPAL_ENVIRON: principal}  # type: ignore[assignment]
        return client

    return made


@pytest.fixture
def client(client_of: Client, make_principal: MakePrincipal) -> FlaskClient:
    """A client that may do and see everything."""
    return client_of(make_principal(*EVERYTHING))
