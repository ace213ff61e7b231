"""Routes, declared beside their views: the only place with the path, permission and types of a request.

    routes = Routes()

    @routes.get("/api/v1/alerts/rules", permission="alerts:read", query=RulesQuery, answer=RulePage)
    def rules(query: RulesQuery, principal: Principal, store: RuleStore) -> RulePage:
        "Rules, oldest first."

A view takes, by name, the parts of its path, `query`, `body` and `principal`; every other parameter is injected from
the parts of the service by its type. It returns the answer, or a response of its own where it sets cookies.
"""

import functools
import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar, get_type_hints

import flask
from flask.blueprints import BlueprintSetupState
from werkzeug.routing import BaseConverter

from headwater.contracts.permissions import NAMES
from headwater.runtime.hosting.parts import Parts
from headwater.runtime.identity.principal import Principal
from headwater.runtime.web import declare
from headwater.runtime.web.answers import answer as json_answer
from headwater.runtime.web.parse import BODY_LIMIT, body, query

V = TypeVar("V", bound=Callable[..., Any])
_IN_PATH = re.compile(r"<(?:[^:<>]+:)?([^<>]+)>")
_FROM_REQUEST = frozenset({"query", "body", "principal"})
NO_HEADERS: Mapping[str, str] = MappingProxyType({})
NO_EXAMPLE: Mapping[str, Any] = MappingProxyType({})
NOT_STORED: Mapping[str, str] = MappingProxyType({"Cache-Control": "no-store"})
"""Headers of a response that must not be cached."""


class Route(NamedTuple):
    """`permission`: the one that callers need; None on a public route, whose `public` states why that is safe.

    `query`, `body`: types of the request; `answers`: type of the response body by status, the first is the usual one.
    `raw`: the view reads the body itself, and `body` only describes it. `any_body`, `any_query`: why it accepts a body
    or parameters that it does not declare. `limit`: bytes of a body after decompression. `headers`: of every response
    of the view except problems. `example`: of `path`, `query` and `body` (or `form`), which answers the first of
    `answers`, where `{names}` are placeholders for existing objects. `owner`: the service that answers, where a request
    is only forwarded.
    """

    method: str
    path: str
    view: Callable[..., Any]
    permission: str | None
    public: str
    query: Any
    body: Any
    raw: bool
    answers: Mapping[int, Any]
    tag: str
    any_body: str
    any_query: str
    limit: int
    headers: Mapping[str, str]
    example: Mapping[str, Any]
    owner: str

    @property
    def status(self) -> int:
        """Of the usual response."""
        return next(iter(self.answers), HTTPStatus.OK)


class Routes:
    """The routes of one module, in the order of their declaration."""

    def __init__(self, *, tag: str = "") -> None:
        self._tag = tag
        self._routes: list[Route] = []

    def __iter__(self) -> Iterator[Route]:
        return iter(self._routes)

    def get(self, path: str, **declared: Any) -> Callable[[V], V]:
        return self.route("GET", path, **declared)

    def post(self, path: str, **declared: Any) -> Callable[[V], V]:
        return self.route("POST", path, **declared)

    def put(self, path: str, **declared: Any) -> Callable[[V], V]:
        return self.route("PUT", path, **declared)

    def patch(self, path: str, **declared: Any) -> Callable[[V], V]:
        return self.route("PATCH", path, **declared)

    def delete(self, path: str, **declared: Any) -> Callable[[V], V]:
        return self.route("DELETE", path, **declared)

    def route(
        self,
        method: str,
        path: str,
        *,
        permission: str | None = None,
        public: str = "",
        query: Any = None,
        body: Any = None,
        raw: bool = False,
        answer: Any = None,
        status: int | None = None,
        answers: Mapping[int, Any] | None = None,
        any_body: str = "",
        any_query: str = "",
        limit: int = BODY_LIMIT,
        headers: Mapping[str, str] = NO_HEADERS,
        example: Mapping[str, Any] = NO_EXAMPLE,
        owner: str = "",
    ) -> Callable[[V], V]:
        """Declare a view. `answer` with `status` (200, or 204 without an answer) is short for `answers`.

        Raises ValueError when the declaration and the view's parameters disagree.
        """
        status = status or (HTTPStatus.NO_CONTENT if answer is None and answers is None else HTTPStatus.OK)
        by_status = dict(answers) if answers is not None else {int(status): answer}

        def declare_view(view: V) -> V:
            route = Route(
                method,
                path,
                view,
                permission=permission,
                public=public,
                query=query,
                body=body,
                raw=raw,
                answers=by_status,
                tag=self._tag,
                any_body=any_body,
                any_query=any_query,
                limit=limit,
                headers=headers,
                example=example,
                owner=owner,
            )
            _check(route)
            self._routes.append(route)
            return view

        return declare_view


def _check(route: Route) -> None:
    where = f"{route.method} {route.path}"
    if bool(route.permission) == bool(route.public):
        raise ValueError(f"{where}: give either permission=… or public=…, the reason why anybody may call it")
    if route.permission and route.permission not in NAMES:
        raise ValueError(f"{where}: {route.permission!r} is not listed in headwater.contracts.permissions")
    parameters = inspect.signature(route.view).parameters
    passed_on = _takes_all(parameters.values())
    for name in _IN_PATH.findall(route.path):
        if name not in parameters and not passed_on:
            raise ValueError(f"{where}: the view does not take {name!r}, which is in the path")
    for name, kind, raw in (("query", route.query, passed_on), ("body", route.body, route.raw)):
        if (name in parameters) != (kind is not None and not raw):
            raise ValueError(f"{where}: declare {name}=… if, and only if, the view takes `{name}`")
    if route.any_body and route.body is not None:
        raise ValueError(f"{where}: give either body=… or any_body=…, the reason why it is not declared")
    if route.any_query and route.query is not None:
        raise ValueError(f"{where}: give either query=… or any_query=…, the reason why it is not declared")
    if "principal" in parameters and route.permission is None:
        raise ValueError(f"{where}: a public route has no principal")
    if not (route.view.__doc__ or "").strip():
        raise ValueError(f"{where}: the view needs a docstring: it is the route's description")


def _takes_all(parameters: Iterable[inspect.Parameter]) -> bool:
    return any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters)


class PageConverter(BaseConverter):
    """`<page:…>` in a path: any path outside the API, where unknown routes are problems and never pages."""

    regex = r"(?!(?:api|internal)(?:/|$)).+"
    part_isolating = False


def _learn_pages(state: BlueprintSetupState) -> None:
    state.app.url_map.converters["page"] = PageConverter


def blueprint(name: str, groups: Iterable[Iterable[Route]], parts: Parts) -> flask.Blueprint:
    """All routes bound to the parts of a service. Raises MissingPart when a view needs a part that was not added."""
    made = flask.Blueprint(name, name)
    made.record_once(_learn_pages)
    for number, route in enumerate(route for group in groups for route in group):
        endpoint = f"{route.view.__name__}_{number}"
        made.add_url_rule(route.path, endpoint, bound(route, parts), methods=[route.method])
    return made


def bound(route: Route, parts: Parts) -> Callable[..., flask.Response]:
    """The view as Flask calls it: parts injected, the request parsed, the answer encoded."""
    parameters = inspect.signature(route.view).parameters
    hints = get_type_hints(route.view)
    elsewhere = {*_IN_PATH.findall(route.path), *_FROM_REQUEST}
    needed = [name for name, given in parameters.items() if given.default is given.empty and not _takes_all([given])]
    given = {name: parts.get(hints[name]) for name in needed if name not in elsewhere}
    readers: dict[str, Callable[[], Any]] = {}
    if "query" in parameters:
        readers["query"] = functools.partial(query, route.query)
    if "body" in parameters:
        readers["body"] = functools.partial(body, route.body, route.limit)
    if "principal" in parameters:
        readers["principal"] = _principal
    view, status, headers = route.view, route.status, dict(route.headers)

    @functools.wraps(view)
    def call(**in_path: str) -> flask.Response:
        result = view(**given, **in_path, **{name: read() for name, read in readers.items()})
        response = _response(result, status)
        response.headers.update(headers)
        return response

    mark = declare.permission(route.permission) if route.permission else declare.public(route.public)
    described = declare.documented(query=route.query, body=route.body, answer=route.answers, tag=route.tag)
    marked = described(mark(call))
    marked = declare.any_query(route.any_query)(marked) if route.any_query else marked
    return declare.any_body(route.any_body)(marked) if route.any_body else marked


def _principal() -> Principal:
    found: Principal = flask.g.headwater_principal
    return found


def _response(result: Any, status: int) -> flask.Response:
    if isinstance(result, flask.Response):
        return result
    return flask.Response(status=status) if result is None else json_answer(result, status)
