"""Around every request: its id, its line in the access log, its metrics, the safety headers of its answer."""

import re
import secrets
import time

import flask
from structlog.contextvars import bind_contextvars, clear_contextvars

from headwater.runtime import metrics as series
from headwater.runtime.logs import get_logger
from headwater.runtime.metrics import Metrics

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
_GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_QUIET = frozenset({"/livez", "/readyz", "/metrics"})
_SLOW_SECONDS = 1.0


def current_id() -> str:
    found: str = flask.g.get("headwater_request_id", "")
    return found


def route() -> str:
    """The rule of the current request, never its path: paths hold ids, and metrics must stay few."""
    rule = flask.request.url_rule
    return "unmatched" if rule is None else rule.rule


def install(app: flask.Flask, service: str, metrics: Metrics) -> None:
    """Put the hooks on `app`. Every request counts; the log has failures, slow answers, and one in a hundred others."""
    log = get_logger(f"{service}.access")
    counted = [0]

    def begin() -> None:
        flask.g.headwater_began = time.perf_counter()
        given = flask.request.headers.get("X-Request-Id", "")
        chosen = given if _GIVEN_ID.fullmatch(given) else secrets.token_hex(8)
        flask.g.headwater_request_id = chosen
        clear_contextvars()
        bind_contextvars(request_id=chosen)

    def finish(response: flask.Response) -> flask.Response:
        headers = response.headers
        for name, value in SAFETY_HEADERS:
            if name not in headers:
                headers[name] = value
        headers["X-Request-Id"] = current_id()
        seconds = time.perf_counter() - flask.g.headwater_began
        rule, method = route(), flask.request.method
        metrics.inc(series.HTTP_REQUESTS, method=_bounded(method), route=rule, status=str(response.status_code))
        metrics.observe(series.HTTP_SECONDS, seconds, method=_bounded(method), route=rule)
        counted[0] += 1
        if _worth_a_line(rule, response.status_code, seconds, counted[0]):
            log.info(
                "request",
                method=method,
                route=rule,
                status=response.status_code,
                duration_ms=round(seconds * 1000, 2),
            )
        return response

    # First in, so that even a refused request has its id.
    app.before_request_funcs.setdefault(None, []).insert(0, begin)
    app.after_request(finish)


def _bounded(method: str) -> str:
    return method if method in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS") else "other"


def _worth_a_line(rule: str, status: int, seconds: float, count: int) -> bool:
    if rule in _QUIET:
        return status >= 500 and rule != "/readyz"
    return status >= 400 or seconds > _SLOW_SECONDS or count % 100 == 1
