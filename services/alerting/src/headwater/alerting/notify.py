"""Webhooks in Alertmanager's shape, version 4, sent by a thread of their own: the loop never waits for a receiver."""

import http.client
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import msgspec
import sqlalchemy as sa

from headwater.alerting import database, store
from headwater.alerting.rules import alert_id
from headwater.alerting.store import Notification
from headwater.bus.errors import Transient
from headwater.bus.loop import Stop
from headwater.contracts.alerts import AlertEvent
from headwater.contracts.keys import model_key
from headwater.contracts.times import format_instant, utc_now

Post = Callable[[bytes], None]
"""Delivers one body; raises OSError when the receiver did not take it."""

ATTEMPTS = 20
FIRST_PAUSE = 2_000_000
LONGEST_PAUSE = 900_000_000
NO_END = "0001-01-01T00:00:00Z"

_event = msgspec.json.Decoder(AlertEvent).decode


class Notifier:
    """Sends what is due; a receiver that fails is asked again after a growing pause, for some hours."""

    def __init__(
        self,
        engine: sa.Engine,
        post: Post,
        *,
        external_url: str = "",
        stop: Stop | None = None,
        clock: Callable[[], int] = utc_now,
        counted: Callable[[str], None] = lambda result: None,
        beat: Callable[[], object] = lambda: None,
    ) -> None:
        self._engine, self._post, self._external_url = engine, post, external_url
        self._stop, self._clock, self._counted, self._beat = stop or threading.Event(), clock, counted, beat

    def send_due(self) -> int:
        """One pass. Returns how many deliveries were tried."""
        with database.reading(self._engine) as connection:
            notifications = store.due(connection, now=self._clock(), limit=50)
        for notification in notifications:
            self._beat()
            self._send(notification)
        return len(notifications)

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

    def _send(self, notification: Notification) -> None:
        # On disk first: what cannot be recorded as tried would be sent again at every pass.
        attempts = notification.attempts + 1
        self._settle(notification, attempts=attempts, due_at=self._clock() + _pause(notification))
        try:
            self._post(msgspec.json.encode(payload(_event(notification.body), self._external_url)))
        except OSError as error:
            settled = self._postponed(notification, error)
        else:
            settled = {"status": "sent", "done_at": self._clock(), "error": None}
        self._counted(settled.get("status", "retried"))
        self._settle(notification, **settled)

    def _settle(self, notification: Notification, **values: Any) -> None:
        with database.writing(self._engine) as connection:
            store.settle(connection, notification.sequence, **values)

    def _postponed(self, notification: Notification, error: OSError) -> dict[str, Any]:
        reason = f"{type(error).__name__}: {error}"[:500]
        if notification.attempts + 1 >= ATTEMPTS:
            return {"status": "failed", "done_at": self._clock(), "error": reason}
        return {"due_at": self._clock() + _pause(notification), "error": reason}


def _pause(notification: Notification) -> int:
    return min(LONGEST_PAUSE, FIRST_PAUSE << notification.attempts)


def payload(event: AlertEvent, external_url: str = "") -> dict[str, Any]:
    """One alert as Alertmanager posts it (webhook version 4): receivers made for that need no change."""
    status = "resolved" if event.state == "resolved" else "firing"
    labels = {
        "alertname": event.rule_name,
        "severity": event.severity,
        "model_namespace": event.model.namespace,
        "model": event.model.name,
        "version": event.version,
        "metric": event.metric,
        "source": event.source,
    }
    found = "undefined" if event.value is None else f"{event.value:.6g}"
    window = f"{format_instant(event.window.start)} to {format_instant(event.window.end)}"
    metric = event.metric if event.source == "computed" else f"{event.metric} ({event.source})"
    annotations = {
        "summary": f"{metric} of {event.model.name} {event.version} is {found}",
        "description": f"Threshold: {event.comparison} {event.threshold:.6g}. Window: {window}, {event.rows} rows.",
    }
    model = model_key(event.model.namespace, event.model.name).id
    alert = {
        "status": status,
        "labels": labels,
        "annotations": annotations,
        "startsAt": format_instant(event.at),
        "endsAt": format_instant(event.at) if status == "resolved" else NO_END,
        "generatorURL": f"{external_url.rstrip('/')}/models/{model}" if external_url else "",
        "fingerprint": alert_id(event.rule_id, event.version)[:16],
    }
    return {
        "version": "4",
        "groupKey": f'{{}}:{{rule_id="{event.rule_id}", version="{event.version}"}}',
        "truncatedAlerts": 0,
        "status": status,
        "receiver": "headwater",
        "groupLabels": {"alertname": event.rule_name},
        "commonLabels": labels,
        "commonAnnotations": annotations,
        "externalURL": external_url,
        "alerts": [alert],
    }


def webhook(url: str, *, timeout: float) -> Post:
    """Posts JSON to `url`; anything but a 2xx answer is a failure. Redirects are not followed."""
    if urlsplit(url).scheme not in ("http", "https"):
        raise ValueError("webhook_url: use http:// or https://")
    opener = urllib.request.build_opener(_Straight)

    def post(body: bytes) -> None:
        headers = {"Content-Type": "application/json", "User-Agent": "headwater-alerting"}
        request = urllib.request.Request(url, data=body, headers=headers, method="POST")
        try:
            opener.open(request, timeout=timeout).close()
        except urllib.error.HTTPError as error:
            error.close()
            raise ConnectionError(f"the receiver answered {error.code}") from None
        except http.client.HTTPException as error:
            raise ConnectionError(f"the receiver did not speak HTTP: {type(error).__name__}") from None

    return post


class _Straight(urllib.request.HTTPRedirectHandler):
    """A notification that a redirect turns into a GET would be lost while it looks delivered."""

    def redirect_request(self, *_: Any) -> None:
        return None
