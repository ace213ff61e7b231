"""Creates every web application: identity, permissions, problems, health, metrics, documentation.

A service passes blueprints whose views have `@permission(…)` or `@public(…)`; everything else is done here. A view that
declares no query type accepts no parameters, and one that declares no body accepts none.
"""

import hmac
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from http import HTTPStatus
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version
from typing import TYPE_CHECKING, Any

import flask
from flask.globals import request_ctx
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Rule

from headwater.contracts.cursors import CursorRefused
from headwater.contracts.problems import Problems
from headwater.contracts.storage import Damaged, DiskFull
from headwater.runtime.hosting.auditing import Refusals, Refused
from headwater.runtime.identity.verifier import Principal, Verifier
from headwater.runtime.logs.lines import get_logger
from headwater.runtime.telemetry.health import Health
from headwater.runtime.telemetry.series import Telemetry
from headwater.runtime.web import access
from headwater.runtime.web.answers import answer, problem_answer, problem_as_answer
from headwater.runtime.web.compression import compress_answer, compressed
from headwater.runtime.web.declare import (
    Declared,
    any_body,
    any_query,
    declared,
    documented,
    known_parameters,
    permission,
    public,
    takes_body,
)
from headwater.runtime.web.direct import Answer, Call, DirectRoute
from headwater.runtime.web.hosts import is_local
from headwater.runtime.web.operations import operations
from headwater.runtime.web.parse import (
    BODY_LIMIT,
    body,
    decode,
    query,
    raw_body,
    refuse_body,
    refuse_unknown,
    too_large,
    wrong_parameter,
)
from headwater.runtime.web.problem import Problem, storage_problem
from headwater.runtime.web.proxies import TrustedProxies
from headwater.runtime.web.request_policy import RequestPolicy

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

__all__ = [
    "BODY_LIMIT",
    "answer",
    "any_body",
    "any_query",
    "body",
    "client_address",
    "create_web_app",
    "current_principal",
    "decode",
    "documented",
    "permission",
    "public",
    "query",
    "raw_body",
    "request_id",
]

PRINCIPAL_ENVIRON = "headwater.principal"
ADDRESS_ENVIRON = "headwater.client_address"
PRINCIPAL_HEADER = "Headwater-Principal"
PRINCIPAL_HEADER_ENVIRON = "HTTP_HEADWATER_PRINCIPAL"
ADDRESS_HEADER = "Headwater-Client-Address"
SERVICE_HEADER = "Headwater-Service-Token"


class _Application(flask.Flask):
    """Flask whose views are plain functions: it does not check at each call whether one is a coroutine."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func


def create_web_app(
    service: str,
    *,
    blueprints: Iterable[flask.Blueprint],
    health: Health,
    metrics: Telemetry,
    verifier: Verifier | None,
    version: str | None = None,
    policy: RequestPolicy | None = None,
    direct: Iterable[DirectRoute] = (),
    refusals: Refusals | None = None,
) -> flask.Flask:
    """A Flask application around `blueprints`.

    `verifier`: checks credentials; None only where every route is public.
    `policy`: the accepted host names and the proxies in front; None allows loopback and no proxy.
    `direct`: routes of the blueprints that a server may answer without Flask, by `direct_routes`.
    `refusals`: called with the refusals of authenticated callers; None where the forwarding service records them.
    Raises ValueError when a route declares neither a permission nor that it is public.
    """
    app = _Application(f"headwater.{service}", static_folder=None)
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    app.url_map.merge_slashes = False
    app.url_map.redirect_defaults = False
    app.url_map.strict_slashes = False
    version = version or product_version()
    policy = policy or RequestPolicy()
    checks = Checks(verifier, policy)
    own = operations(service, version, health, metrics, verifier, lambda: checks.scraper(flask.request.environ))
    for blueprint in [*blueprints, own]:
        app.register_blueprint(blueprint)
    rules = _declarations(app)
    if verifier is None and any(rule.permission for rule in rules.values()):
        raise ValueError(f"{service} has routes that need a permission, and no verifier")
    if verifier is not None:
        health.add("identity", verifier.checker(_served_when_stale(rules)))
    if verifier is not None:
        app.extensions["headwater_service_token"] = verifier.service_token
    app.extensions["headwater_proxies"] = policy.proxies
    layer = access.Access(service, metrics)
    access.start_counting(app, metrics)
    _guard(app, rules, checks)
    _handle_errors(app, service, rules, refusals)
    app.after_request(compress_answer)
    app.extensions["headwater_direct"] = DirectRoutes(service, direct, checks, layer, refusals)
    app.wsgi_app = access.AccessLayer(app.wsgi_app, layer)  # type: ignore[method-assign]
    return app


def product_version() -> str:
    try:
        return installed_version("headwater-runtime")
    except PackageNotFoundError:
        return "0"


def current_principal() -> Principal:
    """The principal of the request. On a route with a permission, `visible` is narrowed to where it is held."""
    found: Principal | None = flask.g.get("headwater_principal")
    if found is None:
        raise Problem(Problems.UNAUTHENTICATED, "Send a token or an API key as Authorization: Bearer …")
    return found


def request_id() -> str:
    """The id of this request in the logs."""
    return access.current_id()


def client_address() -> str:
    """The address of the caller; of a request that a service forwards, the address which that service saw.

    `X-Forwarded-For` is used as far as trusted proxies wrote it.
    """
    environ = flask.request.environ
    believed = environ.get(ADDRESS_ENVIRON)
    if isinstance(believed, str):
        return believed
    address = flask.request.headers.get(ADDRESS_HEADER)
    token = flask.current_app.extensions.get("headwater_service_token")
    shown = flask.request.headers.get(SERVICE_HEADER, "")
    if address and token and hmac.compare_digest(shown.encode(), token.reveal().encode()):
        return address
    proxies: TrustedProxies = flask.current_app.extensions["headwater_proxies"]
    return proxies.client(environ.get("REMOTE_ADDR", ""), environ.get("HTTP_X_FORWARDED_FOR", ""))


def _declarations(app: flask.Flask) -> dict[str, Declared]:
    found: dict[str, Declared] = {}
    for endpoint, view in app.view_functions.items():
        rule = declared(view)
        if rule is None:
            raise ValueError(f"the route of {endpoint} declares neither @permission(…) nor @public(…)")
        found[endpoint] = rule
    return found


def _served_when_stale(rules: dict[str, Declared]) -> bool:
    return any(rule.permission == "ingest:write" for rule in rules.values())


class Checks:
    """The checks before a view: the same code for Flask's routes and for direct routes."""

    def __init__(self, verifier: Verifier | None, policy: RequestPolicy) -> None:
        self._verifier, self._hosts, self._scraping = verifier, policy.hosts, policy.scraping

    def origin(self, environ: Mapping[str, Any]) -> None:
        """Check the host name and the origin of the request. Raises Problem. Never waits."""
        self._hosts.check(environ)

    def scraper(self, environ: Mapping[str, Any]) -> None:
        """Check that the caller may read the series. Raises Problem. May wait for auth."""
        if self._scraping and not is_local(environ):
            _permitted(self.caller(environ, self._scraping), self._scraping)

    def caller(self, environ: Mapping[str, Any], needed: str) -> Principal:
        """The principal, whether or not it holds the permission `needed`. Raises Problem. May wait for auth."""
        principal = environ.get(PRINCIPAL_ENVIRON)
        if not isinstance(principal, Principal):
            assert self._verifier is not None
            principal = self._verifier.authenticate(
                environ.get("HTTP_AUTHORIZATION"), forwarded=environ.get(PRINCIPAL_HEADER_ENVIRON), permission=needed
            )
        return principal

    def remembered(self, environ: Mapping[str, Any], needed: str) -> Principal | None:
        """The principal, narrowed to where `needed` is held; never waits: None where `caller` must be used."""
        assert self._verifier is not None
        principal = self._verifier.remembered(
            environ.get("HTTP_AUTHORIZATION"), forwarded=environ.get(PRINCIPAL_HEADER_ENVIRON)
        )
        return None if principal is None else _permitted(principal, needed)


def _permitted(principal: Principal, needed: str) -> Principal:
    if not principal.may(needed):
        raise Problem(Problems.FORBIDDEN, f"This needs the permission {needed}.")
    return principal.on(needed)


def _guard(app: flask.Flask, rules: dict[str, Declared], checks: Checks) -> None:
    """Before each view: host, origin, principal, permission, parameters. Anything undeclared is refused."""
    bodiless = {endpoint for endpoint, view in app.view_functions.items() if not takes_body(view)}
    parameters = {endpoint: known_parameters(view) for endpoint, view in app.view_functions.items()}

    def check() -> None:
        request = request_ctx.request  # the request itself: `flask.request` looks it up at each use
        access.note_route(request)
        checks.origin(request.environ)
        if request.endpoint is None:
            return
        if "\0" in request.path:
            raise Problem(Problems.NOT_FOUND, "It does not exist: names and ids never contain U+0000.")
        rule = rules[request.endpoint]
        if rule.permission is not None:
            flask.g.headwater_caller = checks.caller(request.environ, rule.permission)
            flask.g.headwater_principal = _permitted(flask.g.headwater_caller, rule.permission)
        known = parameters[request.endpoint]
        if known is not None and request.query_string:
            refuse_unknown(known)
        if request.endpoint in bodiless:
            refuse_body()

    app.before_request(check)


Whole = tuple[int, list[tuple[str, str]], bytes]


class DirectRoutes:
    """Routes of an application that its server may answer without Flask.

    Each is also a Flask route, which handles what is refused, or needs more than cached state to be admitted.
    """

    def __init__(
        self,
        service: str,
        routes: Iterable[DirectRoute],
        checks: Checks,
        access_: access.Access,
        refusals: Refusals | None,
    ) -> None:
        self._routes = {(route.method, route.path): route for route in routes}
        self._checks, self._access, self._log = checks, access_, get_logger(service)
        self._refusals = refusals

    def find(self, environ: "WSGIEnvironment") -> DirectRoute | None:
        """The route of a request; None with a query string, whose parameters Flask refuses by name."""
        if environ.get("QUERY_STRING"):
            return None
        return self._routes.get((environ["REQUEST_METHOD"], environ["PATH_INFO"]))

    def admitted(self, environ: "WSGIEnvironment", route: DirectRoute) -> Principal | None:
        """The caller, if cached state alone admits it. Refusals are left to Flask."""
        try:
            self._checks.origin(environ)
            return self._checks.remembered(environ, route.permission)
        except Problem:
            return None

    async def on_loop(
        self,
        environ: "WSGIEnvironment",
        route: DirectRoute,
        principal: Principal,
        data: bytes,
        answer: Callable[[Call], Awaitable[Answer]],
    ) -> Whole:
        """The response to an admitted request with this body, by `answer`, which never blocks."""
        began, call = time.perf_counter(), self._call(environ, route, principal, data)
        try:
            found = await answer(call)
        except Exception as error:
            found = self._failed(route, call, error)
        return self._whole(call, found, began)

    def on_thread(self, route: DirectRoute, principal: Principal, data: bytes) -> "WSGIApplication":
        """An application that responds to the one admitted request with this body, and may block."""

        def respond(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
            began, call = time.perf_counter(), self._call(environ, route, principal, data)
            try:
                found = route.answer(call)
            except Exception as error:
                found = self._failed(route, call, error)
            status, headers, body = self._whole(call, found, began)
            start_response(f"{status} {HTTPStatus(status).phrase}", headers)
            return [body]

        return respond

    def _call(self, environ: "WSGIEnvironment", route: DirectRoute, principal: Principal, data: bytes) -> Call:
        request_id = self._access.begin(environ)
        environ[access.ROUTE_ENVIRON] = route.path

        def read(limit: int) -> bytes:
            if len(data) > limit:
                raise too_large(limit)
            return data

        return Call(environ, read, principal, request_id)

    def _failed(self, route: DirectRoute, call: Call, error: Exception) -> Answer:
        if not isinstance(error, Problem):
            self._log.exception("request_failed", route=route.path, exc_info=error)
            error = _surprise()
        elif self._refusals is not None:
            place = (route.method, route.path, route.path, route.permission)
            self._refusals.add(error, Refused(*place, call.principal, call.request_id))
        return problem_as_answer(error, call.request_id)

    def _whole(self, call: Call, found: Answer, began: float) -> Whole:
        """The response with its headers, counted."""
        self._access.finish(call.environ, found.status, time.perf_counter() - began)
        body, coding = compressed(found, call.environ.get("HTTP_ACCEPT_ENCODING"))
        headers = [("Content-Type", found.media), ("Content-Length", str(len(body))), *found.headers.items()]
        return found.status, [*headers, *coding, *access.SAFETY_HEADERS, ("X-Request-Id", call.request_id)], body


def direct_routes(app: flask.Flask) -> DirectRoutes:
    """Those passed to `create_web_app`, for a server that can answer them."""
    found: DirectRoutes = app.extensions["headwater_direct"]
    return found


def _surprise() -> Problem:
    return Problem(Problems.INTERNAL, "The request failed; the log has the reason under this instance.")


def _handle_errors(app: flask.Flask, service: str, rules: dict[str, Declared], refusals: Refusals | None) -> None:
    log = get_logger(service)

    def on_problem(problem: Problem) -> flask.Response:
        caller, request = flask.g.get("headwater_caller"), flask.request
        if refusals is not None and caller is not None and request.url_rule is not None:
            rule = request.url_rule
            place = (request.method, rule.rule, request.path, rules[rule.endpoint].permission)
            refusals.add(problem, Refused(*place, caller, access.current_id()))
        return problem_answer(problem, access.current_id())

    def on_cursor(error: CursorRefused) -> flask.Response:
        return problem_answer(wrong_parameter("cursor", f"{error}."), access.current_id())

    def on_http(error: HTTPException) -> flask.Response:
        return problem_answer(_as_problem(error), access.current_id())

    def on_storage(error: DiskFull | Damaged) -> flask.Response:
        log.warning("storage_failed", error=str(error))
        return problem_answer(storage_problem(error), access.current_id())

    def on_surprise(error: Exception) -> flask.Response:
        log.exception("request_failed", route=flask.request.environ.get(access.ROUTE_ENVIRON), exc_info=error)
        return problem_answer(_surprise(), access.current_id())

    app.register_error_handler(Problem, on_problem)
    app.register_error_handler(CursorRefused, on_cursor)
    app.register_error_handler(HTTPException, on_http)
    app.register_error_handler(DiskFull, on_storage)
    app.register_error_handler(Damaged, on_storage)
    app.register_error_handler(Exception, on_surprise)


_BY_STATUS = {
    404: Problems.NOT_FOUND,
    405: Problems.METHOD,
    413: Problems.TOO_LARGE,
    415: Problems.MEDIA_TYPE,
}


def _as_problem(error: HTTPException) -> Problem:
    """Flask's own refusals as our problems; its messages never reach the caller."""
    status = error.code or 500
    if status == 404:
        return Problem(Problems.NOT_FOUND, "There is no such route; /docs lists them.")
    if status == 405:
        allowed = sorted(getattr(error, "valid_methods", None) or ())
        return Problem(Problems.METHOD, f"Use {', '.join(allowed)}.", headers={"Allow": ", ".join(allowed)})
    if status >= 500:
        return Problem(Problems.INTERNAL, "The request failed.")
    return Problem(_BY_STATUS.get(status, Problems.INVALID_QUERY), error.name)


def routes(app: flask.Flask) -> list[tuple[Rule, Declared]]:
    """Every route with its declaration, for tests that iterate over them."""
    rules = _declarations(app)
    return [(rule, rules[rule.endpoint]) for rule in app.url_map.iter_rules()]
