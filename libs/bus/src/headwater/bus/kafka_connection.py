"""Shared by all Kafka clients of a process: settings, lazy connection, and mapping of errors."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from headwater.bus.errors import BusError, Fatal, RecordTooLarge, Unavailable, UnknownTopic
from headwater.bus.kafka_library import (
    KafkaError,
    KafkaNetClient,
    LogTruncationError,
    MessageSizeTooLargeError,
    RecordListTooLargeError,
    UnknownTopicOrPartitionError,
)

UNKNOWN_TOPIC = UnknownTopicOrPartitionError.errno
CONNECT_MS = 3_000
ENVELOPE = 64 * 1024
"""Bytes that Kafka's framing may add to a record: the brokers measure the batch, we the content."""


def settings(bootstrap: str, client_id: str) -> dict[str, Any]:
    """Of every client. Reconnecting quickly matters most: the default waits up to 30 s after a broker returns."""
    return {
        "bootstrap_servers": bootstrap.split(","),
        "client_id": client_id,
        "bootstrap_timeout_ms": CONNECT_MS,
        "reconnect_backoff_max_ms": 1_000,
        "retry_backoff_ms": 100,
        "request_timeout_ms": 10_000,
    }


class Connection:
    """A client created at first use. After a failed attempt callers are refused for a second instead of waiting. make:
    creates the client from the settings passed to it, which extend `shared`.
    """

    def __init__(self, shared: dict[str, Any], make: Callable[[dict[str, Any]], Any], *, pause: float = 1.0) -> None:
        self._shared, self._make, self._pause = shared, make, pause
        self._lock = threading.Lock()
        self._client: Any = None
        self._closed = False
        self._failed_at = -pause

    def get(self) -> Any:
        client = self._client
        if client is not None:
            return client
        with self._lock:
            if self._closed:
                raise Unavailable("the bus is closed")
            if self._client is None:
                if time.monotonic() - self._failed_at < self._pause:
                    raise Unavailable("Kafka is not reachable")
                self._client = self._connect()
            return self._client

    def _connect(self) -> Any:
        # A constructor that fails leaves its network thread running, without a reference to it.
        networks: list[Any] = []

        def network(**options: Any) -> Any:
            networks.append(KafkaNetClient(**options))
            return networks[-1]

        try:
            _probe(self._shared["bootstrap_servers"])
            with translated("Kafka is not reachable"):
                return self._make(self._shared | {"kafka_client": network})
        except BusError as error:
            self._failed_at = time.monotonic() if isinstance(error, Unavailable) else self._failed_at
            for client in networks:
                client.close()
            raise

    def discard(self, client: Any, close: Callable[[Any], None]) -> None:
        """Drop a client that cannot continue; the next caller gets a new one. Safe on the client's own threads."""
        with self._lock:
            if self._client is not client:
                return
            self._client = None
        threading.Thread(target=close, args=(client,), name="kafka-discard", daemon=True).start()

    def close(self, close: Callable[[Any], None]) -> None:
        with self._lock:
            self._closed = True
            client, self._client = self._client, None
        if client is not None:
            close(client)


def _probe(addresses: list[str]) -> None:
    """Fail at once where no broker listens: the client itself would retry for its whole bootstrap time-out."""
    reason: OSError | None = None
    for address in addresses:
        host, _, port = address.rpartition(":")
        try:
            socket.create_connection((host.strip("[]"), int(port)), timeout=CONNECT_MS / 1000).close()
        except OSError as error:
            reason = error
        else:
            return
    raise Unavailable(f"Kafka is not reachable at {', '.join(addresses)}: {reason}")


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Maps Kafka's errors to those of the bus; `doing` begins the message."""
    try:
        yield
    except (KafkaError, OSError) as error:
        raise translate(error, doing) from error


def translate(error: BaseException, doing: str, topic: str = "") -> Exception:
    if isinstance(error, MessageSizeTooLargeError | RecordListTooLargeError):
        return RecordTooLarge(f"{doing}: {error}")
    if isinstance(error, UnknownTopicOrPartitionError) and topic:
        return UnknownTopic(topic)
    if isinstance(error, LogTruncationError):
        return Fatal(f"{doing}: the broker lost records that were read before: {error}")
    return Unavailable(f"{doing}: {type(error).__name__}: {error}")
