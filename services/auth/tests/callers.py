"""A clock moved by hand, cheap hashes, and logged-in users."""

from collections.abc import Callable
from typing import NamedTuple

import flask
from flask.testing import FlaskClient

from headwater.auth import trail
from headwater.auth.hashing import Hasher
from headwater.auth.settings import Settings
from headwater.auth.store import Store
from headwater.runtime.settings import Secret

PEPPER = Secret("a pepper for tests that is long enough")
SERVICE_TOKEN = Secret("a service token for tests")
PASSWORD = "violet harbour at noon"
START = 1_790_000_000_000_000
SECOND = 1_000_000


class Clock:
    """Microseconds; stands still until moved."""

    def __init__(self, now: int = START) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now

    def advance(self, *, seconds: float) -> None:
        self.now += int(seconds * SECOND)


class CountingHasher(Hasher):
    """Counts the computed hashes."""

    def __init__(self) -> None:
        super().__init__(memory_kib=8, observe=self._count)
        self.computed = 0

    def _count(self, seconds: float) -> None:
        self.computed += 1


def cheap_hasher() -> CountingHasher:
    hasher = CountingHasher()
    hasher.verify("warm", None)
    hasher.computed = 0
    return hasher


class Caller(NamedTuple):
    """A logged-in user: a client with its own cookies, and what it sends."""

    client: FlaskClient
    subject: str
    headers: dict[str, str]


LogIn = Callable[..., Caller]


Made = Callable[[Settings], flask.Flask]

OWN_CLIENT = {"X-Headwater-Client": "web", "Sec-Fetch-Site": "same-origin"}


def actions(store: Store) -> list[tuple[str, str]]:
    """The content of the audit trail: action and outcome, oldest first."""
    with store.reading() as connection:
        return [(found.event.action, found.event.outcome) for found in trail.read(connection)]
