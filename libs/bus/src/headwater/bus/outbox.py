"""Outbox: messages that result from a batch are rows of the same transaction; the relay sends them afterwards, in
order.

A crash between sending and marking sends a row twice with the same id: consumers drop duplicates.
"""

import threading
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from headwater.bus.errors import Fatal, RecordTooLarge, Transient, Unavailable
from headwater.bus.port import Outgoing, Producer
from headwater.contracts.event_ids import event_id_header

SEND_SECONDS = 30.0
LONGEST_PAUSE = 5.0


class Pending(Protocol):
    """A row of an outbox. `id` is deterministic: it identifies the content of the row, not when it was written."""

    @property
    def id(self) -> str: ...
    @property
    def topic(self) -> str: ...
    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes: ...


class OutboxRow(NamedTuple):
    """A row for stores that have no type of their own."""

    id: str
    topic: str
    key: bytes | None
    value: bytes


class Stop(Protocol):
    def is_set(self) -> bool: ...
    def wait(self, timeout: float) -> bool: ...


class OutboxRelay:
    """Sends pending rows and marks them.

    read_pending: the oldest unsent rows, up to a number. mark_sent: deletes the rows of these ids. Both may raise
    Transient. beat: called at every poll, as a heartbeat.
    """

    def __init__(
        self,
        read_pending: Callable[[int], Sequence[Pending]],
        mark_sent: Callable[[Sequence[str]], None],
        producer: Producer,
        *,
        batch: int = 200,
        clock: Callable[[], int] | None = None,
        stop: Stop | None = None,
        beat: Callable[[], object] = lambda: None,
    ) -> None:
        self._read_pending, self._mark_sent, self._producer = read_pending, mark_sent, producer
        self._batch, self._clock = batch, clock
        self._stop, self._beat = stop or threading.Event(), beat

    def relay(self) -> int:
        """Send one batch. Returns how many rows were sent. Raises Transient, Unavailable or Fatal."""
        rows = self._read_pending(self._batch)
        if not rows:
            return 0
        records = [Outgoing(row.topic, row.key, row.value, self._headers(row)) for row in rows]
        try:
            self._producer.send_all(records, timeout=SEND_SECONDS)
        except RecordTooLarge as error:
            raise Fatal(f"the outbox has a message that its topic does not accept: {error}") from error
        self._mark_sent([row.id for row in rows])
        return len(rows)

    def run(self, *, period: float = 0.2) -> None:
        """Relay until the stop signal, polling every `period` seconds; failures are retried."""
        pause = period
        while not self._stop.is_set():
            self._beat()
            try:
                sent = self.relay()
                pause = 0.0 if sent else period
            except (Transient, Unavailable) as error:
                pause = min(LONGEST_PAUSE, max(error.retry_after, pause * 2))
            self._stop.wait(pause)

    def _headers(self, row: Pending) -> tuple[tuple[str, bytes], ...]:
        at = () if self._clock is None else (("received_at", b"%d" % self._clock()),)
        return (event_id_header(row.id), *at)
