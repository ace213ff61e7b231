"""A small HTTP load generator: prebuilt requests over non-blocking keep-alive sockets, one thread for all.

It shares the machine with what it measures, so it uses as little as possible, and reports how much.
"""

import heapq
import selectors
import socket
import time
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

REPEAT_SECONDS = 0.05
SILENCE_SECONDS = 60.0
RECEIVE_BYTES = 65_536


class Loaded(NamedTuple):
    """`seconds`: wall time; `latencies`: seconds of each request, sorted; `refused`: 503 responses; the request was
    repeated.

    `cpu_seconds`: the generator's own processor time.
    """

    seconds: float
    latencies: list[float]
    refused: int
    cpu_seconds: float

    def quantile(self, share: float) -> float:
        return self.latencies[min(len(self.latencies) - 1, int(share * len(self.latencies)))]


def post_all(url: str, path: str, key: str, bodies: Sequence[bytes], *, connections: int) -> Loaded:
    """POST every body once; each connection sends the next as soon as it has a response.

    Raises RuntimeError on any response other than 2xx and 503, and if none arrives for a minute.
    """
    parts = urlsplit(url)
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
        f"Authorization: Bearer {key}\r\nContent-Type: application/json\r\n"
    )
    load = _Load(
        [head.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body for body in bodies],
        (parts.hostname or "", parts.port or 80),
        min(connections, len(bodies)),
    )
    return load.run()


class _Connection:
    """One socket, its current request, and the response received so far."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.socket = socket.create_connection(address, timeout=SILENCE_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.request = b""
        self.unsent = memoryview(b"")
        self.answer = b""
        self.began = 0.0


class _Load:
    def __init__(self, requests: Sequence[bytes], address: tuple[str, int], connections: int) -> None:
        self._waiting = deque(requests)
        self._selector = selectors.DefaultSelector()
        self._connections = [_Connection(address) for _ in range(connections)]
        self._resting: list[tuple[float, int]] = []  # when, and the number of the connection
        self._open = len(requests)
        self._latencies: list[float] = []
        self._refused = 0

    def run(self) -> Loaded:
        wall, cpu = time.perf_counter(), time.process_time()
        try:
            for number in range(len(self._connections)):
                self._next(number)
            while self._open:
                self._turn()
        finally:
            for connection in self._connections:
                connection.socket.close()
            self._selector.close()
        seconds, used = time.perf_counter() - wall, time.process_time() - cpu
        return Loaded(seconds, sorted(self._latencies), self._refused, used)

    def _turn(self) -> None:
        rest = max(0.0, self._resting[0][0] - time.perf_counter()) if self._resting else SILENCE_SECONDS
        ready = self._selector.select(rest)
        if not ready and not self._resting:
            raise RuntimeError(f"nothing was answered for {SILENCE_SECONDS:g} s")
        for key, events in ready:
            number: int = key.data
            if events & selectors.EVENT_WRITE:
                self._send(number)
            if events & selectors.EVENT_READ:
                self._receive(number)
        while self._resting and self._resting[0][0] <= time.perf_counter():
            self._begin(heapq.heappop(self._resting)[1])

    def _next(self, number: int) -> None:
        if self._waiting:
            self._connections[number].request = self._waiting.popleft()
            self._begin(number)

    def _begin(self, number: int) -> None:
        connection = self._connections[number]
        connection.unsent, connection.answer = memoryview(connection.request), b""
        connection.began = time.perf_counter()
        self._send(number)

    def _send(self, number: int) -> None:
        """Send as much as the socket accepts, then wait to send more or for the response."""
        connection = self._connections[number]
        try:
            while connection.unsent:
                connection.unsent = connection.unsent[connection.socket.send(connection.unsent) :]
        except BlockingIOError:
            self._await(number, selectors.EVENT_READ | selectors.EVENT_WRITE)
        else:
            self._await(number, selectors.EVENT_READ)

    def _await(self, number: int, events: int) -> None:
        held = self._selector.get_map().get(self._connections[number].socket)
        if held is None:
            self._selector.register(self._connections[number].socket, events, number)
        elif held.events != events:
            self._selector.modify(held.fileobj, events, number)

    def _receive(self, number: int) -> None:
        connection = self._connections[number]
        piece = connection.socket.recv(RECEIVE_BYTES)
        if not piece:
            raise ConnectionError("the server closed the connection")
        connection.answer += piece
        status = _status_of_whole(connection.answer)
        if status is None:
            return
        if 200 <= status < 300:
            self._latencies.append(time.perf_counter() - connection.began)
            self._open -= 1
            self._next(number)
        elif status == 503:
            self._refused += 1
            heapq.heappush(self._resting, (time.perf_counter() + REPEAT_SECONDS, number))
        else:
            raise RuntimeError(f"answer {status}: {connection.answer[:1000]!r}")


def _status_of_whole(answer: bytes) -> int | None:
    """The status, once the response is complete."""
    head, end, body = answer.partition(b"\r\n\r\n")
    if not end:
        return None
    lengths = (line[15:] for line in head.split(b"\r\n") if line[:15].lower() == b"content-length:")
    return int(head.split(b" ", 2)[1]) if len(body) >= int(next(lengths, b"0")) else None
