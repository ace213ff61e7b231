"""Load from a separate process, until it is killed: `python -m tests.flood events|logins|idle URL COUNT [KEY]`.

events: COUNT clients post one event at a time, each as soon as it has the response to the previous one. logins: COUNT
clients log in repeatedly, each as a different user. idle: COUNT connections on which nothing is sent; one that the
server closes is opened again.
"""

import contextlib
import http.client
import itertools
import json
import resource
import selectors
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from urllib.parse import SplitResult, urlsplit

from tests.load import run_event
from tests.patience import LONG, eventually

STARTED = "started"
OTHER_FILES = 200
SOURCE = "127.0.0.9"
"""The address of those who post: refused logins count against it, and not against the tests that follow."""
IDLE_PER_ADDRESS = 400
"""Fewer than the embedded product allows one address (`connections_per_address`)."""


@contextlib.contextmanager
def flood(kind: str, url: str, count: int, key: str = "") -> Iterator[None]:
    """Load for the duration of the block, which begins once each client has its first response or its connection."""
    command = [sys.executable, "-m", "tests.flood", kind, url, str(count), *([key] if key else [])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().strip() == STARTED
            yield
            assert process.poll() is None, "the load ended by itself"
        finally:
            process.kill()


def _post(
    parts: SplitResult, path: str, headers: dict[str, str], bodies: Iterator[bytes], begun: Callable[[], None]
) -> None:
    connection: http.client.HTTPConnection | None = None
    for body in bodies:
        try:
            connection = connection or http.client.HTTPConnection(
                parts.hostname or "", parts.port, timeout=LONG, source_address=(SOURCE, 0)
            )
            connection.request("POST", path, body, {"Content-Type": "application/json"} | headers)
            connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            connection = None
        else:
            begun()


def _events(client: int) -> Iterator[bytes]:
    for number in itertools.count():
        yield json.dumps(run_event(f"job{client}", f"run-{client}-{number}", space="flood")).encode()


def _logins(client: int) -> Iterator[bytes]:
    for number in itertools.count():
        yield json.dumps({"username": f"nobody{client}-{number}", "password": "as wrong as any"}).encode()


def _post_all(parts: SplitResult, path: str, headers: dict[str, str], clients: list[Iterator[bytes]]) -> None:
    begun: set[int] = set()
    for number, bodies in enumerate(clients):

        def note(number: int = number) -> None:
            begun.add(number)

        threading.Thread(target=_post, args=(parts, path, headers, bodies, note), daemon=True).start()
    eventually(lambda: len(begun) == len(clients))


def _connected(parts: SplitResult, client: int) -> socket.socket:
    source = f"127.0.1.{1 + client // IDLE_PER_ADDRESS}"
    return socket.create_connection((parts.hostname or "", parts.port or 80), timeout=LONG, source_address=(source, 0))


def _connect_all(parts: SplitResult, count: int) -> selectors.DefaultSelector:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, count + OTHER_FILES), most))
    connections = selectors.DefaultSelector()
    for client in range(count):
        connections.register(_connected(parts, client), selectors.EVENT_READ, client)
    return connections


def _keep_open(parts: SplitResult, connections: selectors.DefaultSelector) -> None:
    while True:
        for key, _ in connections.select():
            closed = connections.unregister(key.fileobj).fileobj
            assert isinstance(closed, socket.socket)
            closed.close()
            connections.register(_connected(parts, key.data), selectors.EVENT_READ, key.data)


def main() -> None:
    kind, url, count, *key = sys.argv[1:]
    parts, clients = urlsplit(url), range(int(count))
    connections = selectors.DefaultSelector()
    if kind == "idle":
        connections = _connect_all(parts, len(clients))
    elif kind == "events":
        headers = {"Authorization": f"Bearer {key[0]}"}
        _post_all(parts, "/api/v1/lineage", headers, [_events(client) for client in clients])
    else:
        _post_all(parts, "/api/v1/auth/login", {}, [_logins(client) for client in clients])
    print(STARTED, flush=True)
    _keep_open(parts, connections)


if __name__ == "__main__":
    main()
