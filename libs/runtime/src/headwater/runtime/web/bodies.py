"""The body of a request, read on the event loop within a memory budget shared by all requests."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from headwater.contracts.problems import Problems
from headwater.runtime.web.problem import Problem

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

# Events may have 16 MB; a little more for their envelope.
BODY_LIMIT = 17_000_000
MEMORY = 256 * 1024 * 1024

Receive = Callable[[], Awaitable[Any]]


class Gone(Exception):
    """The client has disconnected, or was refused because it took too long."""


class Memory:
    """The memory budget of all bodies, in bytes."""

    def __init__(self, most: int = MEMORY) -> None:
        self._left = most

    def take(self, size: int) -> None:
        """Raises Problem 503 when the budget does not allow `size` more bytes."""
        if size > self._left:
            raise Problem(
                Problems.UNAVAILABLE,
                "Too many bytes are being received at the moment: try again.",
                headers={"Retry-After": "1"},
            )
        self._left -= size

    def give(self, size: int) -> None:
        self._left += size


class Body:
    """One body. `release` returns its memory to the budget."""

    def __init__(self, environ: "WSGIEnvironment", receive: Receive, memory: Memory) -> None:
        self._receive, self._memory = receive, memory
        length = environ.get("CONTENT_LENGTH", "")
        self._declared = int(length) if length.isdecimal() else 0
        self._more = bool(self._declared) or "HTTP_TRANSFER_ENCODING" in environ
        self._awaits = "HTTP_EXPECT" in environ
        self._held = 0

    @property
    def comes(self) -> bool:
        """Whether there is more to read."""
        return self._more

    async def read(self) -> bytes:
        """Read all of it. Raises Problem 413 or 503, and Gone."""
        if self._declared > BODY_LIMIT:
            raise _too_large()
        pieces: list[bytes] = []
        while self._more:
            piece = await self._next()
            self._memory.take(len(piece))
            self._held += len(piece)
            if self._held > BODY_LIMIT:
                raise _too_large()
            pieces.append(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    async def discard(self) -> bool:
        """Read and discard the rest, so that the client sees the response. False when that would take too long, or the
        client waits for 100 Continue: then the connection must close.
        """
        if self._awaits or self._declared > BODY_LIMIT:
            return not self._more
        size = self._held
        while self._more and size <= BODY_LIMIT:
            size += len(await self._next())
        return not self._more

    def release(self) -> None:
        self._memory.give(self._held)
        self._held = 0

    async def _next(self) -> bytes:
        message = await self._receive()
        if message["type"] != "http.request":
            raise Gone
        self._awaits = False
        self._more = message["more_body"]
        piece: bytes = message["body"]
        return piece


def _too_large() -> Problem:
    return Problem(Problems.TOO_LARGE, f"The body may have at most {BODY_LIMIT:,} bytes: send less at once.")
