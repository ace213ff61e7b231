"""Sends the audit events of one program to `audit.events`."""

import logging
import threading

import msgspec

from headwater.bus.errors import BusError, Transient, Unavailable
from headwater.bus.port import Outgoing, Producer
from headwater.contracts.audit import AuditEvent
from headwater.contracts.event_ids import event_id_header
from headwater.contracts.topics import AUDIT_EVENTS

SEND_SECONDS = 30.0
RETRY_SECONDS = 1.0
CLOSE_SECONDS = 5.0
LIMIT = 1_000
_log = logging.getLogger("headwater.audit")


def outgoing(event: AuditEvent) -> Outgoing:
    """The event as a record, its id in a header as relays do it."""
    headers = (event_id_header(event.id),)
    return Outgoing(AUDIT_EVENTS, event.actor.encode(), msgspec.json.encode(event), headers)


class AuditLog:
    """Sends noted events from a thread of its own that starts with the first event.

    While the bus is unavailable, up to `limit` events wait in memory; any more, and those still waiting when the
    program ends, are written to the program's log instead.
    """

    def __init__(self, producer: Producer, *, limit: int = LIMIT, retry_seconds: float = RETRY_SECONDS) -> None:
        self._producer, self._limit, self._retry_seconds = producer, limit, retry_seconds
        self._changed = threading.Condition()
        self._waiting: list[AuditEvent] = []
        self._thread: threading.Thread | None = None
        self._closed = threading.Event()

    def record(self, event: AuditEvent) -> None:
        """Durable on return. Raises Unavailable."""
        self._producer.send_all([outgoing(event)], timeout=SEND_SECONDS)

    def note(self, event: AuditEvent) -> None:
        """Never waits for the bus, and never raises its errors."""
        with self._changed:
            if self._closed.is_set() or len(self._waiting) >= self._limit:
                _log_lost(event, "the bus accepts no events")
                return
            self._waiting.append(event)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="audit-log", daemon=True)
                self._thread.start()
            self._changed.notify()

    def close(self) -> None:
        """Send waiting events, for a few seconds at most."""
        with self._changed:
            self._closed.set()
            self._changed.notify()
        if self._thread is not None:
            self._thread.join(CLOSE_SECONDS)
        with self._changed:
            for event in self._waiting:
                _log_lost(event, "the program ends")

    def _run(self) -> None:
        while batch := self._next():
            try:
                self._producer.send_all([outgoing(event) for event in batch], timeout=SEND_SECONDS)
            except (Transient, Unavailable) as error:
                if self._closed.wait(max(self._retry_seconds, error.retry_after)):
                    return
                continue
            except BusError as error:
                for event in batch:
                    _log_lost(event, str(error))
            with self._changed:
                del self._waiting[: len(batch)]

    def _next(self) -> list[AuditEvent]:
        """The waiting events, as soon as there are any; none when the program ends."""
        with self._changed:
            self._changed.wait_for(lambda: bool(self._waiting) or self._closed.is_set())
            return list(self._waiting)


def _log_lost(event: AuditEvent, reason: str) -> None:
    _log.error("audit event not recorded (%s): %s", reason, msgspec.json.encode(event).decode())
