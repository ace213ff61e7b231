"""Creates every web application: identity, permissions, problems, health, metrics, documentation.

A service passes blueprints whose views have `@permission(…)` or `@public(…)`; everything else is done here. A view that
declares no query type accepts no parameters, and one that declares no body accepts none.
"""

import hmac
from collections.abc import Callable, Iterable, Mapping
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
from headwater.runtime.web.answers import answer, problem_answer
from headwater.runtime.web.compression import compress_answer
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
from headwater.runtime.web.direct import DirectRoute
from headwater.runtime.web.direct_routes import DirectRoutes
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
    wrong_parameter,
)
from headwater.runtime.web.problem import Problem, storage_problem, surprise
from headwater.runtime.web.proxies import TrustedProxies
from headwater.runtime.web.request_policy import RequestPolicy

if TYPE_CHECKING:
    pass

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


def direct_routes(app: flask.Flask) -> DirectRoutes:
    """Those passed to `create_web_app`, for a server that can answer them."""
    found: DirectRoutes = app.extensions["headwater_direct"]
    return found


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
        return problem_answer(surprise(), access.current_id())

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
