"""One HTTP request for each notification."""

import http.client
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlsplit

import msgspec

from headwater.alerting.channels.port import Delivered, Delivery, Notification, Retry
from headwater.alerting.channels.webhook.payload import payload


class Webhook:
    """Posts JSON to `url`; anything but a 2xx response is retried. Redirects are not followed.

    timeout: seconds without a response from the receiver. Raises ValueError when `url` is not an HTTP URL.
    """

    def __init__(self, url: str, *, timeout: float) -> None:
        if urlsplit(url).scheme not in ("http", "https"):
            raise ValueError("webhook_url: use http:// or https://")
        self._url, self.timeout = url, timeout
        self._opener = urllib.request.build_opener(_NoRedirects)

    def send(self, notification: Notification) -> Delivery:
        try:
            self._post(msgspec.json.encode(payload(notification.event, notification.external_url)))
        except OSError as error:
            return Retry(f"{type(error).__name__}: {error}")
        return Delivered()

    def _post(self, body: bytes) -> None:
        """Raises OSError when the receiver did not accept it."""
        headers = {"Content-Type": "application/json", "User-Agent": "headwater-alerting"}
        request = urllib.request.Request(self._url, data=body, headers=headers, method="POST")
        try:
            self._opener.open(request, timeout=self.timeout).close()
        except urllib.error.HTTPError as error:
            error.close()
            raise ConnectionError(f"the receiver answered {error.code}") from None
        except http.client.HTTPException as error:
            raise ConnectionError(f"the receiver did not answer in HTTP: {type(error).__name__}") from None


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A notification that a redirect turns into a GET would be lost while it looks delivered."""

    def redirect_request(self, *_: Any) -> None:
        return None
