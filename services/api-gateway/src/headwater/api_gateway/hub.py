"""A buffer of the last signals, read by any number of streams, each at its own position."""

import secrets
import threading
from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

from headwater.api_gateway.signals import Signal

_LONGEST_NUMBER = 19


class Numbered(NamedTuple):
    number: int
    signal: Signal


class Hub:
    """A ring of the last `size` signals. Streams hold a number and wait for later signals: there is no queue per
    stream, so a slow reader costs nothing and gets a reset when it has fallen out of the ring.

    Numbers are valid for one hub instance; `place` contains both, and a place of another instance cannot be resumed.
    """

    def __init__(self, *, size: int) -> None:
        self._life = secrets.token_hex(4)
        self._ring: deque[Numbered] = deque(maxlen=size)
        self._last = 0
        self._closed = False
        self._news = threading.Condition()

    @property
    def closed(self) -> bool:
        return self._closed

    def publish(self, signals: Iterable[Signal]) -> None:
        with self._news:
            before = self._last
            for signal in signals:
                self._last += 1
                self._ring.append(Numbered(self._last, signal))
            if self._last != before:
                self._news.notify_all()

    def last(self) -> int:
        """The number of the newest signal."""
        return self._last

    def place(self, number: int) -> str:
        """The event id of a stream that has seen everything up to `number`."""
        return f"{self._life}-{number}"

    def resume(self, place: str | None) -> int | None:
        """The number in `place`, or None when signals since then are lost."""
        life, _, number = (place or "").partition("-")
        if life != self._life or not number.isdecimal() or len(number) > _LONGEST_NUMBER:
            return None
        with self._news:
            seen = int(number)
            return seen if self._oldest() - 1 <= seen <= self._last else None

    def after(self, number: int, *, timeout: float) -> list[Numbered] | None:
        """Signals after `number`, waiting for the first up to `timeout` seconds; None when some of them are lost."""
        with self._news:
            self._news.wait_for(lambda: self._last > number or self._closed, timeout)
            if number < self._oldest() - 1:
                return None
            missed = self._last - number
            return list(self._ring)[-missed:] if missed > 0 else []

    def _oldest(self) -> int:
        return self._ring[0].number if self._ring else self._last + 1

    def close(self) -> None:
        """Wake every stream so that it ends."""
        with self._news:
            self._closed = True
            self._news.notify_all()
