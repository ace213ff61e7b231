"""The status endpoint, on loopback, of a process without a public one, and its client in the front."""

import contextlib
import http.client
import math
import os
import socket
import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import msgspec

from headwater.runtime.hosting.heartbeat import Heartbeats
from headwater.runtime.stop import StopSignal
from headwater.runtime.telemetry import series as telemetry
from headwater.runtime.telemetry.exposition import merged
from headwater.runtime.telemetry.series import Telemetry

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

READ_SECONDS = 2.0
LOOK_SECONDS = 2.0
REQUEST_SECONDS = 5.0
MOST_REQUESTS = 16
OLDEST_SECONDS = 10.0
"""Of series that are shown."""


class _Server(ThreadingMixIn, WSGIServer):
    """A thread for each request, MOST_REQUESTS at a time; further connections are closed."""

    daemon_threads = True

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._free = threading.BoundedSemaphore(MOST_REQUESTS)

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._free.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()


class _Handler(WSGIRequestHandler):
    timeout = REQUEST_SECONDS  # whoever is slower is cut off

    def log_message(self, *_: object) -> None: ...


def serve_status(app: "WSGIApplication", listener: socket.socket) -> Callable[[], None]:
    """Answer on an open socket from a thread of its own. Returns a function to stop it; the socket stays open."""
    server = _Server(listener.getsockname()[:2], _Handler, bind_and_activate=False)
    server.socket.close()
    server.socket = socket.socket(fileno=os.dup(listener.fileno()))
    server.server_name, server.server_port = server.server_address[:2]  # type: ignore[assignment]
    server.setup_environ()
    server.set_app(app)
    threading.Thread(target=server.serve_forever, args=(0.2,), name="status", daemon=True).start()

    def end() -> None:
        server.shutdown()
        server.server_close()

    return end


class Workers:
    """The front's client of the workers' process: polls it every few seconds, so that no scrape waits for it.

    port: on loopback, where they answer.
    """

    def __init__(
        self, port: int, *, heartbeats: Heartbeats | None = None, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._port, self._monotonic = port, monotonic
        self._series: tuple[float, bytes] = (-math.inf, b"")
        self._heartbeats = heartbeats or Heartbeats()
        self._beat = self._heartbeats.of("the process of the workers")
        self._problem = ""

    def follow(self, stop: StopSignal) -> None:
        """Poll repeatedly, on a thread of its own."""

        def look() -> None:
            while not stop.wait(LOOK_SECONDS):
                self.look()

        threading.Thread(target=look, name="workers", daemon=True).start()

    def look(self) -> None:
        """Poll once for their series and readiness."""
        with contextlib.suppress(OSError, http.client.HTTPException, msgspec.DecodeError):
            status, body = self._get("/metrics")
            if status == HTTPStatus.OK:
                self._series = (self._monotonic(), body)
            status, body = self._get("/readyz")
            found = msgspec.json.decode(body, type=_Readiness)
            self._problem = "" if status == HTTPStatus.OK else "; ".join(found.problems())
            self._beat()

    def check(self) -> None:
        """Raises ConnectionError naming what is stuck."""
        self._heartbeats.check()
        if self._problem:
            raise ConnectionError(self._problem)

    def series(self) -> bytes:
        """Their last series; none once those are too old, since stale series would look constant."""
        at, body = self._series
        return body if self._monotonic() - at <= OLDEST_SECONDS else b""

    def extension(self, front: Telemetry) -> Callable[[bytes], bytes]:
        """Adds their series to those of the front, and which of the two processes answered."""

        def extend(own: bytes) -> bytes:
            theirs, up = self.series(), Telemetry(front.service)
            up.set(telemetry.PROCESS_UP, 1, process="front")
            up.set(telemetry.PROCESS_UP, 1 if theirs else 0, process="workers")
            return merged([own, up.render(), theirs])

        return extend

    def _get(self, path: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=READ_SECONDS)
        try:
            connection.request("GET", path)
            answered = connection.getresponse()
            return answered.status, answered.read()
        finally:
            connection.close()


class _Outcome(msgspec.Struct):
    ok: bool
    message: str = ""


class _Readiness(msgspec.Struct):
    dependencies: dict[str, _Outcome] = {}

    def problems(self) -> list[str]:
        return [f"{name}: {found.message}" for name, found in sorted(self.dependencies.items()) if not found.ok]
