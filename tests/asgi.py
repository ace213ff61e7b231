"""An ASGI application called without a network, as a server would call it."""

import asyncio
from collections.abc import Mapping
from typing import Any, NamedTuple


class Answered(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


class Phases(list[str]):
    """In place of the connection: records what the application reported of its progress."""

    def reads_body(self) -> None:
        self.append("reads")

    def works(self) -> None:
        self.append("works")

    def is_done(self) -> None:
        self.append("done")

    def gather(self) -> None: ...

    def flush(self) -> None: ...


def scope_of(
    method: str, target: str, headers: Mapping[str, str] | None = None, *, connection: Any = None
) -> dict[str, Any]:
    """The scope that a server passes for a request."""
    raw, _, question = target.partition("?")
    return {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "raw_path": raw.encode("latin-1"),
        "query_string": question.encode("latin-1"),
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in (headers or {}).items()],
        "client": ("127.0.0.1", 50_000),
        "server": ("127.0.0.1", 8642),
        "scheme": "http",
        "state": {"connection": Phases() if connection is None else connection},
    }


async def call(
    app: Any, method: str, target: str, body: bytes = b"", headers: Mapping[str, str] | None = None
) -> Answered:
    """One request with its complete body, and the complete response."""
    sized = {"Content-Length": str(len(body)), **(headers or {})} if body else dict(headers or {})
    coming = [{"type": "http.request", "body": body, "more_body": False}]
    sent: list[Any] = []

    async def receive() -> Any:
        if coming:
            return coming.pop()
        await asyncio.Event().wait()
        return None

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope_of(method, target, sized), receive, send)
    pieces = b"".join(message.get("body", b"") for message in sent[1:])
    headers_sent = {name.decode().lower(): value.decode() for name, value in sent[0]["headers"]}
    return Answered(sent[0]["status"], headers_sent, pieces)
