"""Middleware around every request: its id, its access log line, its metrics, the security headers of the response.

A WSGI layer, not Flask hooks: it costs a third as much on the hot path.
"""

import itertools
import re
import secrets
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import flask
from structlog.contextvars import bind_contextvars, clear_contextvars

from headwater.runtime.logs.lines import get_logger
from headwater.runtime.logs.request_ids import GatheredWrites
from headwater.runtime.telemetry import series as telemetry
from headwater.runtime.telemetry.series import Telemetry
from headwater.runtime.web.hosts import SAFE_METHODS

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
SAFETY_HEADERS = (
    ("Content-Security-Policy", CONTENT_SECURITY_POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Frame-Options", "DENY"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
)
ID_ENVIRON = "headwater.request_id"
ROUTE_ENVIRON = "headwater.route"
UNMATCHED = "unmatched"
GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
_WRITES = _METHODS - SAFE_METHODS
_QUIET = frozenset({"/livez", "/readyz", "/metrics"})
_SLOW_SECONDS = 1.0
FAILURES = ("500", "503")
"""Statuses of an application that fails, or is temporarily unavailable."""
WHOLE_BYTES = 1_000_000
_ONE_IN = 100


def current_id() -> str:
    """The id of the current request."""
    found: str = flask.request.environ.get(ID_ENVIRON, "")
    return found


def note_route(request: flask.Request) -> None:
    """Remember the rule of the request, never its path: paths contain ids, and metric labels need few values."""
    request.environ[ROUTE_ENVIRON] = UNMATCHED if request.url_rule is None else request.url_rule.rule


def start_counting(app: flask.Flask, metrics: Telemetry) -> None:
    """Start the failures of each route at 0: otherwise the first would be a new series, not an increase."""
    for rule in app.url_map.iter_rules():
        methods = sorted((rule.methods or set()) & _METHODS - {"HEAD", "OPTIONS"})
        metrics.start(telemetry.HTTP_REQUESTS, method=methods, route=[rule.rule], status=FAILURES)


def _joined(pieces: Iterable[bytes]) -> list[bytes]:
    """A small response in one piece: head and body share a packet, where a second would wait for an ACK."""
    try:
        return [b"".join(pieces)]
    finally:
        close = getattr(pieces, "close", None)
        if close is not None:
            close()


class Access:
    """Assigns ids, counts and logs requests: failures, slow responses, 1 % of the others, and the id of every write."""

    def __init__(self, service: str, metrics: Telemetry) -> None:
        self._metrics = metrics
        self._log = get_logger(f"{service}.access")
        self._writes = GatheredWrites(self._log)
        self._count = 0
        # An id need not be unguessable: a counter after a random start needs no system call.
        self._ids = map(f"{secrets.token_hex(4)}{{:08x}}".format, itertools.count(secrets.randbits(24)))

    def begin(self, environ: "WSGIEnvironment") -> str:
        """The id of the request, in every line that is logged from here on."""
        request_id: str = environ.get(ID_ENVIRON) or self._named(environ.get("HTTP_X_REQUEST_ID", ""))
        environ[ID_ENVIRON] = request_id
        clear_contextvars()
        bind_contextvars(request_id=request_id)
        return request_id

    def _named(self, given: str) -> str:
        return given if given and GIVEN_ID.fullmatch(given) else next(self._ids)

    def finish(self, environ: "WSGIEnvironment", status: int, seconds: float) -> None:
        """Count a response whose head is known."""
        method = environ["REQUEST_METHOD"]
        method = method if method in _METHODS else "other"
        route = environ.get(ROUTE_ENVIRON, UNMATCHED)
        self._metrics.inc(telemetry.HTTP_REQUESTS, method=method, route=route, status=str(status))
        self._metrics.observe(telemetry.HTTP_SECONDS, seconds, method=method, route=route)
        self._count += 1
        if self._worth_a_line(route, status, seconds) or self._is_single_write(environ, method, route, status):
            milliseconds = round(seconds * 1000, 2)
            self._log.info("request", method=method, route=route, status=status, duration_ms=milliseconds)

    def _is_single_write(self, environ: "WSGIEnvironment", method: str, route: str, status: int) -> bool:
        return method in _WRITES and not self._writes.gather(method, route, status, environ[ID_ENVIRON])

    def _worth_a_line(self, route: str, status: int, seconds: float) -> bool:
        if route in _QUIET:
            return status >= 500 and route != "/readyz"
        return status >= 400 or seconds > _SLOW_SECONDS or self._count % _ONE_IN == 1


class AccessLayer:
    """Wrap a WSGI application."""

    def __init__(self, app: "WSGIApplication", access: Access) -> None:
        self._app, self._access = app, access

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        began = time.perf_counter()
        request_id = self._access.begin(environ)
        whole = False

        def starting(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
            nonlocal whole
            present = dict(headers)
            whole = int(present.get("Content-Length", WHOLE_BYTES)) < WHOLE_BYTES
            headers.extend(header for header in SAFETY_HEADERS if header[0] not in present)
            headers.append(("X-Request-Id", request_id))
            self._access.finish(environ, int(status[:3]), time.perf_counter() - began)
            return start_response(status, headers, exc_info) if exc_info else start_response(status, headers)

        pieces = self._app(environ, starting)
        return _joined(pieces) if whole else pieces
