"""Waiting for PostgreSQL as long as it responds, and not for one that accepts connections and does not answer.

libpq waits for an answer indefinitely, and the server's own limits do not help when the server has stalled. So after a
moment of waiting a probe is sent on a separate connection: while that is answered the server is merely busy, or the
statement waits for a lock; when it is not, the wait ends with an OperationalError.
"""

import select
import socket
import time
from typing import Any

import psycopg2
from psycopg2 import extensions

PATIENCE_SECONDS = 1.0
BESIDE_SECONDS = 1.5
CONNECT_SECONDS = 3.0
REFUSAL_SECONDS = 1.0
"""Seconds after an unanswered probe in which no other call waits."""
_MOMENT = 0.05
KEEPALIVE = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 15_000}
"""Keepalives, so that the kernel reports a vanished peer within half a minute."""
_SSL_REQUEST = (8).to_bytes(4) + (80_877_103).to_bytes(4)
_EVENTS = {extensions.POLL_READ: select.POLLIN, extensions.POLL_WRITE: select.POLLOUT}


class Waiting:
    """Called by psycopg2, from any thread, instead of blocking in libpq."""

    def __init__(self) -> None:
        self._silent_until: dict[tuple[str, int], float] = {}

    def __call__(self, connection: Any) -> None:
        """Wait until the result on `connection` is there. An error raised here ends the connection."""
        server = (connection.info.host, connection.info.port)
        connecting = connection.status == extensions.STATUS_SETUP
        limit = time.monotonic() + CONNECT_SECONDS
        while (state := connection.poll()) != extensions.POLL_OK:
            seconds = limit - time.monotonic() if connecting else PATIENCE_SECONDS
            if _came(connection.fileno(), _EVENTS[state], _MOMENT if self._refusing(server) else seconds):
                continue
            if connecting or self._refusing(server) or not self._lives(server):
                raise psycopg2.OperationalError("PostgreSQL accepts connections but does not answer")

    def _refusing(self, server: tuple[str, int]) -> bool:
        return time.monotonic() < self._silent_until.get(server, 0.0)

    def _lives(self, server: tuple[str, int]) -> bool:
        lives = answers(*server)
        if not lives:
            self._silent_until[server] = time.monotonic() + REFUSAL_SECONDS
        return lives


def wait_with_patience() -> None:
    """From now on every connection of this process waits this way."""
    if extensions.get_wait_callback() is None:
        extensions.set_wait_callback(Waiting())


def answers(host: str, port: int, *, seconds: float = BESIDE_SECONDS) -> bool:
    """Whether a PostgreSQL server answers an SSLRequest in time: the shortest request, and it needs no password."""
    try:
        with _connected(host, port, seconds) as asking:
            asking.sendall(_SSL_REQUEST)
            return asking.recv(1) in (b"S", b"N")
    except OSError:
        return False


def _connected(host: str, port: int, seconds: float) -> socket.socket:
    if not host.startswith("/"):
        return socket.create_connection((host, port), timeout=seconds)
    local = socket.socket(socket.AF_UNIX)
    local.settimeout(seconds)
    local.connect(f"{host}/.s.PGSQL.{port}")
    return local


def _came(descriptor: int, event: int, seconds: float) -> bool:
    poll = select.poll()
    poll.register(descriptor, event)
    return bool(poll.poll(max(0.0, seconds) * 1_000))
