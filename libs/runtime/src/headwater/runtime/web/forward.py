"""Forwards a request to the service that owns the route: over HTTP, or within one process."""

import http.client
import sys
import time
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar
from urllib.parse import quote, unquote_to_bytes, urlsplit

import flask
import msgspec

from headwater.contracts.problems import Problems
from headwater.runtime.identity.principal import Principal, forwarded_headers
from headwater.runtime.settings import Secret
from headwater.runtime.web import application as web
from headwater.runtime.web.problem import Problem, ProblemBody

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

T = TypeVar("T")
BODY_LIMIT = 17_000_000
TIMEOUT = 30.0
_IDLE_SECONDS = 20.0
_IDLE_MOST = 16
_BY_SLUG = {problem.uri: problem for problem in Problems}
# Request headers that are forwarded. Host, hop-by-hop and identity headers never are; nor are the browser's headers
# about the requesting page (Origin, Sec-Fetch-Site): the service that received the request has checked them.
_PASSED = (
    "Accept",
    "Content-Type",
    "Content-Encoding",
    "If-None-Match",
    "Idempotency-Key",
    "User-Agent",
    "X-Headwater-Client",
)
_KEPT_HERE = frozenset(
    {"connection", "keep-alive", "transfer-encoding", "server", "date", "x-request-id", "content-length"}
)


class Upstream(Protocol):
    """Another of our services."""

    def forward(self, request: flask.Request, principal: Principal | None) -> flask.Response:
        """The owner's response to the current request, on behalf of `principal`.

        None forwards the caller's own credentials and cookies instead. Raises Problem 503 when it does not answer.
        """
        ...

    def get_json(self, path: str, principal: Principal, type: type[T]) -> T:  # noqa: A002
        """The owner's response to GET `path` (with its query). Raises its Problem, or 503 when it does not answer."""
        ...


class Upstreams(dict[str, Upstream]):
    """The services to which a service forwards requests, by name."""


class Exchange(NamedTuple):
    """A forwarded request; `principal`, `address`: on whose behalf, from where."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    principal: Principal | None
    address: str


class Answer(NamedTuple):
    status: int
    headers: list[tuple[str, str]]
    body: bytes


Send = Callable[[Exchange], Answer]


def http_upstream(base_url: str, service_token: Secret, *, timeout: float = TIMEOUT) -> "Forwarder":
    """A service at an address."""
    sender = _HttpSender(base_url, service_token, timeout)
    return Forwarder(sender.send, sender.close)


def wsgi_upstream(app: "WSGIApplication") -> "Forwarder":
    """A service in this process: the principal is passed as an object, which no caller can forge."""
    return Forwarder(lambda exchange: _call(app, exchange), lambda: None)


class Forwarder:
    """An Upstream. `close` closes idle connections."""

    def __init__(self, send: Send, close: Callable[[], None]) -> None:
        self._send = send
        self.close = close

    def forward(self, request: flask.Request, principal: Principal | None) -> flask.Response:
        headers = {name: request.headers[name] for name in _PASSED if name in request.headers}
        if principal is None:
            headers |= {name: request.headers[name] for name in ("Authorization", "Cookie") if name in request.headers}
        sent = Exchange(request.method, target(request), headers | _own(), _body(request), principal, _address())
        answered = self._send(sent)
        response = flask.Response(answered.body, status=answered.status)
        response.headers.clear()
        for name, value in answered.headers:
            if name.lower() not in _KEPT_HERE:
                response.headers.add(name, value)
        return response

    def get_json(self, path: str, principal: Principal, type: type[T]) -> T:  # noqa: A002
        headers = {"Accept": "application/json"} | _own()
        answered = self._send(Exchange("GET", path, headers, b"", principal, _address()))
        if answered.status != 200:
            raise _problem(answered)
        try:
            return msgspec.json.decode(answered.body, type=type)
        except msgspec.MsgspecError:
            raise Problem(Problems.UNAVAILABLE, "Another service sent a response that cannot be decoded.") from None


def target(request: flask.Request) -> str:
    """Path and query of a forwarded request: escapes stay, and what a request line cannot contain is escaped."""
    path = quote(request.path, safe="/:@!$&'()*+,;=~")
    asked = quote(request.query_string, safe="%/:?@!$'()*+,;=~&")
    return f"{path}?{asked}" if asked else path


def _body(request: flask.Request) -> bytes:
    length = request.content_length
    data = b"" if length is not None and length > BODY_LIMIT else request.stream.read(BODY_LIMIT + 1)
    if len(data) > BODY_LIMIT or (length or 0) > BODY_LIMIT:
        raise Problem(Problems.TOO_LARGE, f"The body may have at most {BODY_LIMIT:,} bytes.")
    return data


def _own() -> dict[str, str]:
    return {"X-Request-Id": web.request_id()} if flask.has_request_context() else {}


def _address() -> str:
    return web.client_address() if flask.has_request_context() else "unknown"


def _problem(answered: Answer) -> Problem:
    """The owner's problem as ours; a refusal of our own credentials is not a failure of the principal."""
    try:
        received = msgspec.json.decode(answered.body, type=ProblemBody)
        kind = _BY_SLUG.get(received.type)
    except msgspec.MsgspecError:
        kind = None
    if kind is None or kind in (Problems.UNAUTHENTICATED, Problems.INTERNAL):
        return Problem(Problems.UNAVAILABLE, f"Another service could not answer (status {answered.status}).")
    return Problem(kind, received.detail, errors=[msgspec.to_builtins(error) for error in received.errors])


class _HttpSender:
    """Keeps connections open between requests."""

    def __init__(self, base_url: str, service_token: Secret, timeout: float) -> None:
        parts = urlsplit(base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{base_url!r} is not the address of a service: use http://host:port")
        self._kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._host, self._port, self._prefix = parts.hostname, parts.port, parts.path.rstrip("/")
        self._service_token = service_token
        self._timeout = timeout
        self._idle: list[tuple[http.client.HTTPConnection, float]] = []

    def send(self, exchange: Exchange) -> Answer:
        headers = dict(exchange.headers)
        if exchange.principal is not None:
            headers |= forwarded_headers(exchange.principal, self._service_token)
        headers[web.ADDRESS_HEADER] = exchange.address
        headers[web.SERVICE_HEADER] = self._service_token.reveal()
        # A kept-alive connection may have been closed meanwhile; only safe methods are sent a second time.
        repeatable = exchange.method in ("GET", "HEAD")
        for fresh in (False, True) if repeatable else (True,):
            connection = self._connection(fresh)
            try:
                connection.request(exchange.method, self._prefix + exchange.path, exchange.body or None, headers)
                response = connection.getresponse()
                answered = Answer(response.status, response.getheaders(), response.read())
            except (OSError, http.client.HTTPException):
                connection.close()
                continue
            self._keep(connection)
            return answered
        raise Problem(Problems.UNAVAILABLE, "The service that owns this route does not answer.")

    def close(self) -> None:
        while self._idle:
            self._idle.pop()[0].close()

    def _connection(self, fresh: bool) -> http.client.HTTPConnection:
        while not fresh:
            try:
                held, used = self._idle.pop()
            except IndexError:
                break
            if time.monotonic() - used < _IDLE_SECONDS:
                return held
            held.close()
        return self._kind(self._host, self._port, timeout=self._timeout)

    def _keep(self, connection: http.client.HTTPConnection) -> None:
        if len(self._idle) < _IDLE_MOST:
            self._idle.append((connection, time.monotonic()))
        else:
            connection.close()


def _call(app: "WSGIApplication", exchange: Exchange) -> Answer:
    environ = _environ(exchange)
    received: dict[str, Any] = {}

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> Callable[[bytes], None]:
        received["status"], received["headers"] = int(status.split(" ", 1)[0]), headers
        return lambda data: None

    pieces: Iterable[bytes] = app(environ, start_response)
    try:
        data = b"".join(pieces)
    finally:
        close = getattr(pieces, "close", None)
        if close is not None:
            close()
    return Answer(received["status"], received["headers"], data)


def _environ(exchange: Exchange) -> dict[str, Any]:
    path, _, asked = exchange.path.partition("?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": exchange.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": asked,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": exchange.address,
        "CONTENT_LENGTH": str(len(exchange.body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(exchange.body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        web.ADDRESS_ENVIRON: exchange.address,
    }
    if exchange.principal is not None:
        environ[web.PRINCIPAL_ENVIRON] = exchange.principal
    for name, value in exchange.headers.items():
        key = name.upper().replace("-", "_")
        environ["CONTENT_TYPE" if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
    return environ
