"""A WSGI application behind an event loop: bodies are read and responses written there, views run on thread pools.

Direct routes are answered without Flask: small requests on the loop itself, where their work is bounded and nothing
blocks, and all others on the thread pools too.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from headwater.contracts.problems import Problems
from headwater.runtime.logs.lines import get_logger
from headwater.runtime.web.bodies import Body, Gone, Memory
from headwater.runtime.web.direct import is_small
from headwater.runtime.web.environ import environ_of
from headwater.runtime.web.lanes import Lane
from headwater.runtime.web.problem import MEDIA_TYPE, Problem
from headwater.runtime.web.threaded import Exchange

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

    from headwater.runtime.web.direct_routes import DirectRoutes

Send = Callable[[Any], Awaitable[None]]


class Mount(NamedTuple):
    """Requests for which `takes` is true, by method and path, run in `lane`."""

    takes: Callable[[str, str], bool]
    lane: Lane


class Application:
    """Called by the server for each request, on the thread of its event loop.

    direct: routes that are answered without Flask. may_block: whether their `on_loop` may block, so must not be used.
    """

    def __init__(
        self,
        app: "WSGIApplication",
        *,
        lane: Lane,
        mounts: Sequence[Mount] = (),
        direct: "DirectRoutes | None" = None,
        may_block: bool = False,
    ) -> None:
        self._app, self._lane, self._mounts, self._direct = app, lane, tuple(mounts), direct
        self._may_block = may_block
        self._memory = Memory()

    async def __call__(self, scope: Any, receive: Callable[[], Awaitable[Any]], send: Send) -> None:
        connection = scope["state"]["connection"]
        environ = environ_of(scope)
        body = Body(environ, receive, self._memory)
        try:
            if body.comes:
                connection.reads_body()
            if not await self._answered_directly(environ, body, connection, send):
                data = await body.read()
                connection.works()
                await self._in_a_lane(self._app, environ, data, receive, send, connection)
        except Problem as problem:
            await _refuse(problem, body, send, connection)
        except Gone:
            pass
        finally:
            body.release()
            connection.is_done()

    async def _answered_directly(self, environ: "WSGIEnvironment", body: Body, connection: Any, send: Send) -> bool:
        """Whether one of the direct routes has answered; whatever they leave to Flask is checked again there."""
        if self._direct is None or (route := self._direct.find(environ)) is None:
            return False
        if (principal := self._direct.admitted(environ, route)) is None:
            return False
        data = await body.read()
        connection.works()
        if route.on_loop is not None and not self._may_block and is_small(environ, data):
            whole = await self._direct.on_loop(environ, route, principal, data, route.on_loop)
            await _send(send, connection, *whole)
        else:
            app = self._direct.on_thread(route, principal, data)
            await self._in_a_lane(app, environ, data, None, send, connection)
        return True

    async def _in_a_lane(
        self,
        app: "WSGIApplication",
        environ: "WSGIEnvironment",
        data: bytes,
        receive: Callable[[], Awaitable[Any]] | None,
        send: Send,
        connection: Any,
    ) -> None:
        if environ.pop("HTTP_TRANSFER_ENCODING", None) is not None:
            environ["CONTENT_LENGTH"] = str(len(data))
        environ["wsgi.input"] = BytesIO(data)
        environ["wsgi.input_terminated"] = True  # it is complete, so reads need not be counted
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        lane = next((mount.lane for mount in self._mounts if mount.takes(method, path)), self._lane)
        exchange = Exchange(app, environ, asyncio.get_running_loop(), receive, send)
        if not lane.take(exchange.run):
            raise Problem(Problems.UNAVAILABLE, "Too many requests are waiting.", headers={"Retry-After": "1"})
        whole = await exchange.outcome
        if whole is not None:
            await _send(send, connection, *whole)


async def _send(send: Send, connection: Any, status: int, headers: Sequence[tuple[str, str]], body: bytes) -> None:
    """A complete response, in one piece."""
    encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    connection.gather()
    try:
        await send({"type": "http.response.start", "status": status, "headers": encoded})
        await send({"type": "http.response.body", "body": body})
    finally:
        connection.flush()


async def _refuse(problem: Problem, body: Body, send: Send, connection: Any) -> None:
    """A refusal before any view was called. Closes the connection when too much of the body is still to come."""
    try:
        kept = await body.discard()
    except Gone:
        return
    content = msgspec.json.encode(problem.body())
    headers = {"Content-Type": MEDIA_TYPE, "Content-Length": str(len(content)), "Cache-Control": "no-store"}
    closing = {} if kept else {"Connection": "close"}
    get_logger("server").info("refused", status=problem.status, reason=problem.problem.value.slug)
    await _send(send, connection, problem.status, list((headers | problem.headers | closing).items()), content)
