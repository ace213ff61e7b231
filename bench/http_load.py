"""A small HTTP load generator: prebuilt requests over raw keep-alive sockets, one thread a connection."""

import socket
import threading
import time
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlsplit


class Loaded(NamedTuple):
    """`seconds`: wall time; `latencies`: seconds of each request, sorted; `refused`: answers 503, sent again."""

    seconds: float
    latencies: list[float]
    refused: int

    def quantile(self, share: float) -> float:
        return self.latencies[min(len(self.latencies) - 1, int(share * len(self.latencies)))]


def post_all(url: str, path: str, key: str, bodies: Sequence[bytes], *, connections: int) -> Loaded:
    """POST every body once, spread over `connections`. Raises RuntimeError on any answer but 2xx and 503."""
    parts = urlsplit(url)
    host = f"POST {path} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
    head = f"{host}Authorization: Bearer {key}\r\nContent-Type: application/json\r\n"
    workers = [
        _Connection((parts.hostname or "", parts.port or 80), head.encode(), bodies[i::connections])
        for i in range(connections)
    ]
    started = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    seconds = time.perf_counter() - started
    for worker in workers:
        if worker.error:
            raise worker.error
    latencies = sorted(latency for worker in workers for latency in worker.latencies)
    return Loaded(seconds, latencies, sum(worker.refused for worker in workers))


class _Connection(threading.Thread):
    def __init__(self, address: tuple[str, int], head: bytes, bodies: Sequence[bytes]) -> None:
        super().__init__(daemon=True)
        self._address, self._head, self._bodies = address, head, bodies
        self.latencies: list[float] = []
        self.refused = 0
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            with socket.create_connection(self._address, timeout=60) as connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for body in self._bodies:
                    self._post(connection, body)
        except Exception as error:
            self.error = error

    def _post(self, connection: socket.socket, body: bytes) -> None:
        request = self._head + b"Content-Length: %d\r\n\r\n" % len(body) + body
        while True:
            began = time.perf_counter()
            connection.sendall(request)
            status, answer = _read_answer(connection)
            if 200 <= status < 300:
                self.latencies.append(time.perf_counter() - began)
                return
            if status != 503:
                raise RuntimeError(f"answer {status}: {answer[:300]!r}")
            self.refused += 1
            time.sleep(0.05)


def _read_answer(connection: socket.socket) -> tuple[int, bytes]:
    data = b""
    while b"\r\n\r\n" not in data:
        data += _receive(connection)
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
    )
    while len(body) < length:
        body += _receive(connection)
    return int(head.split(b" ", 2)[1]), body


def _receive(connection: socket.socket) -> bytes:
    chunk = connection.recv(65_536)
    if not chunk:
        raise ConnectionError("the server closed the connection")
    return chunk
