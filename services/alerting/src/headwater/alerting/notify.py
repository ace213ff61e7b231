"""Sends the queued notifications of a channel on a thread of its own: the loop never waits for a receiver."""

import threading
from collections.abc import Callable
from typing import Any

import msgspec
import sqlalchemy as sa

from headwater.alerting import database, store
from headwater.alerting.channels.port import Channel, Delivered, Delivery, Notification, Rejected, Retry
from headwater.alerting.store import QueuedNotification
from headwater.bus.errors import Transient
from headwater.bus.loop import Stop
from headwater.contracts.alerts import AlertEvent
from headwater.contracts.times import utc_now

ATTEMPTS = 20
SECOND = 1_000_000
FIRST_PAUSE = 2 * SECOND
LONGEST_PAUSE = 900 * SECOND

_event = msgspec.json.Decoder(AlertEvent).decode


class Notifier:
    """Sends due notifications of one channel's queue; those that may succeed later are retried after an increasing
    pause, for some hours.

    name: of the channel. counted: called with sent, failed or retried after each attempt.
    """

    def __init__(
        self,
        engine: sa.Engine,
        name: str,
        channel: Channel,
        *,
        external_url: str = "",
        stop: Stop | None = None,
        clock: Callable[[], int] = utc_now,
        counted: Callable[[str], None] = lambda result: None,
        beat: Callable[[], object] = lambda: None,
    ) -> None:
        self._engine, self._name, self._channel, self._external_url = engine, name, channel, external_url
        self._stop, self._clock, self._counted, self._beat = stop or threading.Event(), clock, counted, beat

    def send_due(self) -> int:
        """One pass. Returns how many deliveries were tried."""
        with database.reading(self._engine) as connection:
            queued = store.due(connection, self._name, now=self._clock(), limit=50)
        for one in queued:
            self._beat()
            self._send(one)
        return len(queued)

    def run(self, *, period: float = 0.5) -> None:
        """Send until the stop signal."""
        while not self._stop.is_set():
            self._beat()
            try:
                sent = self.send_due()
            except Transient:
                sent = 0
            if not sent:
                self._stop.wait(period)

    def _send(self, queued: QueuedNotification) -> None:
        # Write first: an attempt that cannot be recorded would be repeated at every pass.
        self._settle(queued, attempts=queued.attempts + 1, due_at=self._clock() + _pause(queued))
        delivery = self._channel.send(Notification(_event(queued.body), self._external_url))
        settled = self._outcome(queued, delivery)
        self._counted(settled.get("status", "retried"))
        self._settle(queued, **settled)

    def _settle(self, queued: QueuedNotification, **values: Any) -> None:
        with database.writing(self._engine) as connection:
            store.settle(connection, queued.sequence, **values)

    def _outcome(self, queued: QueuedNotification, delivery: Delivery) -> dict[str, Any]:
        """The update of the queue's row after a delivery."""
        now = self._clock()
        match delivery:
            case Delivered():
                return {"status": "sent", "done_at": now, "error": None}
            case Retry(reason, after) if queued.attempts + 1 < ATTEMPTS:
                return {"due_at": now + _pause(queued, after), "error": reason[:500]}
            case Retry(reason) | Rejected(reason):
                return {"status": "failed", "done_at": now, "error": reason[:500]}


def _pause(queued: QueuedNotification, after: float = 0.0) -> int:
    """Microseconds until the next attempt. after: seconds that the receiver requested."""
    return int(min(LONGEST_PAUSE, max(FIRST_PAUSE << queued.attempts, after * SECOND)))
