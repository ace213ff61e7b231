"""A uvicorn connection with limits, using only asyncio's protocol and transport interfaces."""

import asyncio
import enum
import http
from typing import Any, cast

import msgspec
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from headwater.contracts.problems import Problems
from headwater.runtime.web.limits import HEAD_GRACE, Connections, address_of
from headwater.runtime.web.problem import MEDIA_TYPE, Problem, ProblemBody

HEAD_BYTES = 32 * 1024
CLOSING_SECONDS = 5.0
# Limit of pipelined requests. An event cannot contain the end of a request line: JSON strings have no raw line breaks.
PIPELINED = 64
_END = b"\r\n\r\n"
_REQUESTS = (b" HTTP/1.1\r\n", b" HTTP/1.0\r\n")


class Phase(enum.Enum):
    """The phase of a connection."""

    HEAD = "head"
    BODY = "body"
    WORK = "work"
    IDLE = "idle"
    CLOSING = "closing"


class LimitedConnection(asyncio.Protocol):
    """The protocol of each connection. A subclass sets the registry.

    The application gets it as `scope["state"]["connection"]` and reports when it reads the body, works, and is done.
    """

    connections: Connections

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self.prepare(HttpToolsProtocol(config, server_state, {**app_state, "connection": self}, _loop))

    def prepare(self, inner: Any) -> None:
        """`inner`: the protocol that parses HTTP."""
        self._inner = inner
        self._transport: asyncio.Transport | None = None
        self._phase, self._since = Phase.HEAD, 0.0
        self._head, self._tail = 0, b""
        self._received = 0
        self._stalled: float | None = None
        self._gathered: list[bytes] | None = None
        self.address = "unknown"
        self.parsing = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's implements it without inheriting from it
        self.address = address_of(transport.get_extra_info("peername"))
        self._since = self.connections.clock()
        if self.connections.admit(self):
            self._inner.connection_made(_Watched(transport, self))
        else:
            busy = Problem(Problems.UNAVAILABLE, "Too many connections are open: close some, or try again later.")
            self._end(busy.body(), busy.headers)

    def data_received(self, data: bytes) -> None:
        if self._phase is Phase.IDLE:
            self._enter(Phase.HEAD)
            self._head, self._tail = 0, b""
        body: int | None = 0  # where the head begins in the data
        if self._phase is Phase.HEAD and (body := self._takes_head(data)) is None:
            status = http.HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
            self._end(_own(status, f"The head of a request may have at most {HEAD_BYTES:,} bytes: send fewer headers."))
        elif data.find(b"\r", body) >= 0 and sum(map(data.count, _REQUESTS)) > PIPELINED:
            self._refuse(f"More than {PIPELINED} requests were pipelined: wait for responses.")
        if self._phase is Phase.CLOSING:
            return
        self._received += len(data)
        self.parsing = True
        try:
            self._inner.data_received(data)
        finally:
            self.parsing = False

    def eof_received(self) -> None:
        self._inner.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        self.connections.leave(self)
        if self._inner.transport is not None:
            self._inner.connection_lost(exc)

    def pause_writing(self) -> None:
        self._stalled = self.connections.clock()
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._stalled = None
        self._inner.resume_writing()

    def reads_body(self) -> None:
        """The application waits for the body."""
        if self._phase is not Phase.BODY:
            self._enter(Phase.BODY)

    def works(self) -> None:
        """The application has the whole request."""
        self._enter(Phase.WORK)

    def is_done(self) -> None:
        """The response is being sent."""
        self._enter(Phase.IDLE)

    def gather(self) -> None:
        """Buffer writes until `flush`: head and body in two calls would be two packets."""
        self._gathered = []

    def flush(self) -> None:
        pieces, self._gathered = self._gathered, None
        if pieces and self._transport is not None:
            self._transport.write(b"".join(pieces))

    def write(self, data: bytes) -> None:
        """Output of the server's protocol. While it parses, that is a refusal."""
        if self.parsing:
            self.refuse_malformed()
        elif self._gathered is not None:
            self._gathered.append(data)
        elif self._transport is not None:
            self._transport.write(data)

    def rests(self, now: float) -> float | None:
        begun = self._phase is Phase.HEAD and (not self._head or now - self._since > HEAD_GRACE)
        return self._since if begun or self._phase is Phase.IDLE else None

    def give_way(self) -> None:
        self._enter(Phase.CLOSING)
        if self._transport is not None:
            self._transport.close()

    def check(self, now: float) -> None:
        limits, taken = self.connections.limits, now - self._since
        if self._stalled is not None and now - self._stalled > limits.body_seconds:
            self._abort()  # the client does not read the response
        elif self._phase is Phase.HEAD and taken > limits.head_seconds:
            if self._head:
                self._end(_late(f"The head of the request did not arrive within {limits.head_seconds:g} s."))
            else:
                self.give_way()
        elif self._phase is Phase.BODY and taken > limits.body_seconds + self._received / limits.body_rate:
            self._end(_late(f"The body arrived at less than {limits.body_rate:,} bytes a second."))
        elif (self._phase is Phase.IDLE and taken > limits.idle_seconds) or (
            self._phase is Phase.CLOSING and taken > CLOSING_SECONDS
        ):
            self._abort()

    def refuse_malformed(self) -> None:
        """Replaces the server's own message."""
        self._refuse("This is not HTTP/1.1 as RFC 9112 defines it: correct the request.")

    def _refuse(self, detail: str) -> None:
        if self._phase is Phase.WORK:  # a response is being sent: nothing may be inserted into it
            self.give_way()
        else:
            self._end(_own(http.HTTPStatus.BAD_REQUEST, detail))

    def _enter(self, phase: Phase) -> None:
        if self._phase is not Phase.CLOSING:
            if phase is Phase.BODY:
                self._received = 0
            self._phase, self._since = phase, self.connections.clock()

    def _takes_head(self, data: bytes) -> int | None:
        """Scan for the end of the head: its position in the data, 0 while incomplete, None when it is too long."""
        seen = self._tail + data if self._tail else data
        at = seen.find(_END)
        if at >= 0:
            end = at - len(self._tail)
            length = self._head + end
            self._head = max(1, length)
            self._enter(Phase.BODY)
            return end + len(_END) if length <= HEAD_BYTES else None
        self._head += len(data)
        self._tail = seen[-3:]
        return 0 if self._head <= HEAD_BYTES else None

    def _end(self, problem: ProblemBody, headers: dict[str, str] | None = None) -> None:
        """Respond in place of the application, which has not begun to, and close."""
        self._enter(Phase.CLOSING)
        if self._transport is None or self._transport.is_closing():
            return
        body = msgspec.json.encode(problem)
        lines = {"Content-Type": MEDIA_TYPE, "Content-Length": str(len(body)), "Connection": "close", **(headers or {})}
        head = f"HTTP/1.1 {problem.status} {http.HTTPStatus(problem.status).phrase}\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        self._transport.write(head.encode() + b"\r\n" + body)
        self._transport.close()

    def _abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()


class _Watched:
    """The transport as the server's own protocol sees it."""

    def __init__(self, transport: Any, connection: LimitedConnection) -> None:
        self._transport, self._connection = transport, connection
        self.write = connection.write

    def close(self) -> None:
        self._connection.flush()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


def _own(status: http.HTTPStatus, detail: str) -> ProblemBody:
    return ProblemBody(type="about:blank", title=status.phrase, status=status.value, detail=detail)


def _late(detail: str) -> ProblemBody:
    return _own(http.HTTPStatus.REQUEST_TIMEOUT, f"{detail} Send the request again.")
