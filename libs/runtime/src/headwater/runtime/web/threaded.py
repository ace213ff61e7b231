"""Runs one request to a WSGI application on a thread and passes its response to an event loop."""

import asyncio
import contextlib
import threading
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Any

import msgspec

from headwater.contracts.problems import Problems
from headwater.runtime.logs.lines import get_logger
from headwater.runtime.web.problem import MEDIA_TYPE, Problem

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

Whole = tuple[int, list[tuple[str, str]], bytes]


class Exchange:
    """Created on the loop; `run` is called on a thread, and `outcome` resolves on the loop.

    The outcome is the complete response, or None when it was streamed.
    """

    def __init__(
        self,
        app: "WSGIApplication",
        environ: "WSGIEnvironment",
        loop: asyncio.AbstractEventLoop,
        receive: Callable[[], Awaitable[Any]] | None,
        send: Callable[[Any], Awaitable[None]],
    ) -> None:
        self._app, self._environ, self._loop = app, environ, loop
        self._receive, self._send = receive, send
        self.outcome: asyncio.Future[Whole | None] = loop.create_future()
        self._status, self._headers = 0, list[tuple[str, str]]()
        self._begun = False
        self._gone = threading.Event()

    def run(self) -> None:
        try:
            settled = self._answered()
        except Exception as error:
            get_logger("server").exception("request_failed", exc_info=error)
            settled = None if self._begun else _failed()
        with contextlib.suppress(RuntimeError):  # the loop has closed meanwhile
            self._loop.call_soon_threadsafe(self._settle, settled)

    def _answered(self) -> Whole | None:
        pieces = self._app(self._environ, self._start)
        try:
            if isinstance(pieces, list | tuple) and len(pieces) <= 1:
                return self._status, self._headers, pieces[0] if pieces else b""
            self._stream(pieces)
            return None
        finally:
            close = getattr(pieces, "close", None)
            if close is not None:
                close()

    def _start(self, status: str, headers: list[tuple[str, str]], exc_info: object = None) -> Callable[[bytes], None]:
        self._status, self._headers = int(status[:3]), headers

        def write(data: bytes) -> None:
            raise NotImplementedError("answers are iterables here")

        return write

    def _stream(self, pieces: Iterable[bytes]) -> None:
        """Stream, no faster than the client reads, until the end or until the client disconnects."""
        for piece in pieces:
            self._begin()
            if self._gone.is_set():
                return
            if piece:
                self._on_loop(self._send({"type": "http.response.body", "body": piece, "more_body": True}))
        self._begin()
        self._on_loop(self._send({"type": "http.response.body", "body": b""}))

    def _begin(self) -> None:
        """Send the head, once."""
        if self._begun:
            return
        encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in self._headers]
        self._on_loop(self._send({"type": "http.response.start", "status": self._status, "headers": encoded}))
        self._begun = True
        if self._receive is not None:
            asyncio.run_coroutine_threadsafe(self._watch(self._receive), self._loop)

    async def _watch(self, receive: Callable[[], Awaitable[Any]]) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self._gone.set()

    def _on_loop(self, sending: Any) -> None:
        """Wait until it is sent. A client that never reads is disconnected by the limits of its connection."""
        asyncio.run_coroutine_threadsafe(sending, self._loop).result()

    def _settle(self, whole: Whole | None) -> None:
        if not self.outcome.done():
            self.outcome.set_result(whole)


def _failed() -> Whole:
    content = msgspec.json.encode(Problem(Problems.INTERNAL, "The request failed on our side.").body())
    return 500, [("Content-Type", MEDIA_TYPE), ("Content-Length", str(len(content)))], content
