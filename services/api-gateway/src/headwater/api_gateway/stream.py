"""The live stream: server-sent events about what changed, on which browsers reload what they show.

Threads. Distributed: a program of its own on gevent (`gevent_stream.py`), where an open stream
is a greenlet. Embedded: streams have a thread pool beside the API's, and the slots below allow at most EMBEDDED_STREAMS
open streams.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial

import flask
import msgspec

from headwater.api_gateway.follow import Follower
from headwater.api_gateway.hub import Hub
from headwater.api_gateway.settings import Settings
from headwater.api_gateway.signals import Signal, seen_by
from headwater.bus.port import Bus
from headwater.contracts.problems import Problems
from headwater.runtime.hosting.heartbeat import Heartbeats
from headwater.runtime.hosting.parts import Parts
from headwater.runtime.identity.verifier import Principal, Verifier
from headwater.runtime.stop import StopSignal
from headwater.runtime.telemetry import series as telemetry
from headwater.runtime.telemetry.series import Telemetry
from headwater.runtime.web.application import client_address
from headwater.runtime.web.problem import Problem
from headwater.runtime.web.routes import NOT_STORED, Routes

NAME, FOLLOWER = "stream", "follower"
# A revoked token must stop being served within five seconds.
RECHECK_SECONDS = 2.5
BROWSER_RETRY_MS = 3000

routes = Routes()


def compose(parts: Parts) -> None:
    """State shared by the route and the follower."""
    settings, metrics = parts.get(Settings), parts.get(Telemetry)
    parts.add(Hub, Hub(size=settings.stream_buffer))
    parts.add(Slots, Slots(settings.stream_clients, metrics, each=settings.stream_clients_per_user))


def create_follower(parts: Parts) -> Follower:
    return Follower(parts.get(Bus), parts.get(Hub), stop=parts.get(StopSignal), beat=parts.get(Heartbeats).of(FOLLOWER))


class Slots:
    """Allows at most `size` streams at a time, and at most `each` per reader."""

    def __init__(self, size: int, metrics: Telemetry, *, each: int) -> None:
        self.size, self.each = size, each
        self._taken: Counter[str] = Counter()
        self._metrics = metrics
        metrics.start(telemetry.STREAM_CLIENTS)
        self._lock = threading.Lock()

    def take(self, reader: str) -> str | None:
        """Why `reader` gets none; None when one was taken."""
        with self._lock:
            if self._taken[reader] >= self.each:
                return f"You have {self.each} streams open already"
            if self._taken.total() >= self.size:
                return f"All {self.size} streams are taken"
            self._taken[reader] += 1
            self._metrics.set(telemetry.STREAM_CLIENTS, self._taken.total())
            return None

    def release(self, reader: str) -> None:
        with self._lock:
            self._taken -= Counter([reader])  # readers without streams are removed
            self._metrics.set(telemetry.STREAM_CLIENTS, self._taken.total())


@routes.get("/api/v1/stream", permission="lineage:read", answers={}, headers=NOT_STORED)
def stream(principal: Principal, hub: Hub, slots: Slots, verifier: Verifier, settings: Settings) -> flask.Response:
    """Server-sent events `graph`, `metric` and `alert`, resumable by `Last-Event-ID`.

    When all streams are taken, further clients are refused and must poll instead.
    """
    credentials = flask.request.headers.get("Authorization")
    reader = Reader(
        hub,
        lambda: verifier.authenticate(credentials, permission="lineage:read"),
        heartbeat=settings.stream_heartbeat,
    )
    name = client_address() if principal.kind == "open" else principal.subject
    busy = slots.take(name)
    if busy is not None:
        raise Problem(Problems.UNAVAILABLE, f"{busy}: poll instead.", headers={"Retry-After": "15"})
    events = reader.events(flask.request.headers.get("Last-Event-ID"))
    response = flask.Response(events, mimetype="text/event-stream")
    response.headers["X-Accel-Buffering"] = "no"
    response.call_on_close(partial(slots.release, name))
    return response


class Reader:
    """One open stream: its position and its reader."""

    def __init__(
        self,
        hub: Hub,
        authenticate: Callable[[], Principal],
        *,
        heartbeat: float,
        recheck: float = RECHECK_SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._hub = hub
        self._authenticate = authenticate
        self._heartbeat = heartbeat
        self._wait = min(recheck, heartbeat)
        self._monotonic = monotonic

    def events(self, last_event_id: str | None) -> Iterator[bytes]:
        """The text of the stream, piece by piece, until the hub closes or the credentials are no longer valid. They are
        checked before each piece, so nothing is sent to a revoked token. When they cannot be checked, the stream just
        ends: the browser reconnects by itself.
        """
        resumed = self._hub.resume(last_event_id)
        seen = self._hub.last() if resumed is None else resumed
        lost = last_event_id is not None and resumed is None
        yield b"retry: %d\n\n" % BROWSER_RETRY_MS
        yield message("reset" if lost else "ready", self._hub.place(seen))
        spoke = self._monotonic()
        while not self._hub.closed:
            try:
                seen, piece = self._next(seen)
            except Problem as problem:
                if problem.problem is Problems.UNAUTHENTICATED:
                    yield message("expired", None)
                return
            if not piece and self._monotonic() - spoke >= self._heartbeat:
                piece = b": alive\n\n"
            yield piece  # an empty piece lets the server detect a closed connection
            if piece:
                spoke = self._monotonic()

    def _next(self, seen: int) -> tuple[int, bytes]:
        """The text of signals after `seen`, and the new position. Empty when none arrived in time. Raises Problem."""
        news = self._hub.after(seen, timeout=self._wait)
        principal = self._authenticate()
        if news is None:
            seen = self._hub.last()
            return seen, message("reset", self._hub.place(seen))
        return news[-1].number if news else seen, b"".join(self._encoded(n, s, principal) for n, s in news)

    def _encoded(self, number: int, signal: Signal, principal: Principal) -> bytes:
        seen = seen_by(signal, principal)
        return b"" if seen is None else message(seen.name, self._hub.place(number), seen.data)


def message(event: str, place: str | None, data: msgspec.Struct | None = None) -> bytes:
    """One server-sent event. JSON holds no line break, so one data line is enough."""
    name = b"" if place is None else f"id: {place}\n".encode()
    body = b"{}" if data is None else msgspec.json.encode(data)
    return name + f"event: {event}\n".encode() + b"data: " + body + b"\n\n"
