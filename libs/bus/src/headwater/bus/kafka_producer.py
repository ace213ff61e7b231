"""Sending to Kafka: durable means acknowledged by all in-sync replicas."""

import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any

from headwater.bus.errors import BusError, Unavailable
from headwater.bus.kafka_connection import ENVELOPE, Connection, translate, translated
from headwater.bus.kafka_library import KafkaProducer as Client
from headwater.bus.kafka_library import KafkaTimeoutError
from headwater.bus.port import DEAD_LETTER_LIMIT, Outgoing, Position, check_size

WAITING_BYTES = 128 * 1024 * 1024
DELIVERY_MS = 30_000


class _Closable(Client):  # type: ignore[misc]  # kafka-python carries no types
    """`close` flushes first, and would stay open when that takes too long: then the rest is dropped."""

    def flush(self, timeout: float | None = None) -> None:
        with contextlib.suppress(KafkaTimeoutError):
            super().flush(timeout)


def connect(options: dict[str, Any]) -> Any:
    return _Closable(
        **options,
        acks="all",
        enable_idempotence=True,
        linger_ms=5,
        batch_size=128 * 1024,
        max_request_size=DEAD_LETTER_LIMIT + ENVELOPE,
        max_block_ms=3_000,
        delivery_timeout_ms=DELIVERY_MS,
        allow_auto_create_topics=False,
        metrics_enabled=False,
    )


class Waiting:
    """Counts bytes in flight. Above the limit, producers are refused instead of queueing without bound."""

    def __init__(self, limit: int = WAITING_BYTES) -> None:
        self._limit, self._bytes = limit, 0
        self._lock = threading.Lock()

    def admit(self, size: int) -> None:
        with self._lock:
            if self._bytes and self._bytes + size > self._limit:
                raise Unavailable(f"{self._bytes} bytes are waiting for Kafka already")
            self._bytes += size

    def release(self, size: int) -> None:
        with self._lock:
            self._bytes -= size


class KafkaProducer:
    """Shares the one client of the bus; safe from many threads."""

    def __init__(self, connection: Connection, require: Callable[[str], None], waiting: Waiting) -> None:
        self._connection, self._require, self._waiting = connection, require, waiting

    def send(self, record: Outgoing) -> "Future[Position]":
        position: Future[Position] = Future()
        try:
            sent = self._start(record, check_size(record))
        except BusError as error:
            position.set_exception(error)
            return position
        sent.add_callback(lambda metadata: position.set_result(_position(metadata)))
        sent.add_errback(lambda error: position.set_exception(translate(error, "not durable", record.topic)))
        return position

    def send_all(self, records: Sequence[Outgoing], *, timeout: float) -> list[Position]:
        sizes = list(map(check_size, records))
        for topic in {record.topic for record in records}:
            self._require(topic)
        deadline = time.monotonic() + timeout
        sent = [self._start(record, size) for record, size in zip(records, sizes, strict=True)]
        with translated(f"not durable after {timeout:g} s"):
            return [_position(future.get(max(0.0, deadline - time.monotonic()))) for future in sent]

    def close(self) -> None:
        """Nothing to do: the bus owns the client."""

    def _start(self, record: Outgoing, size: int) -> Any:
        self._require(record.topic)
        client = self._connection.get()
        self._waiting.admit(size)
        try:
            with translated("cannot send"):
                sent = client.send(record.topic, value=record.value, key=record.key, headers=list(record.headers))
        except BusError:
            self._waiting.release(size)
            raise
        sent.add_both(lambda _: self._waiting.release(size))
        sent.add_errback(lambda error: self._give_up(client, error))
        return sent

    def _give_up(self, client: Any, error: BaseException) -> None:
        """A client whose records expired while the broker was unreachable never sends again: it drops its producer id
        and never requests another (kafka-python 3.0.12). Its queued records fail, and their senders retry."""
        if isinstance(error, KafkaTimeoutError):
            self._connection.discard(client, lambda given_up: given_up.close(timeout=0))


def _position(metadata: Any) -> Position:
    return Position(metadata.topic, metadata.partition, metadata.offset)
