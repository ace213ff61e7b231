"""How a program receives keys, subjects, epochs and signing keys, without a call to auth for each request."""

import http.client
import threading
import time
from collections.abc import Callable
from typing import Protocol
from urllib.parse import urlsplit

import msgspec

from headwater.contracts.identity import IdentityChanges
from headwater.runtime.logs.lines import get_logger
from headwater.runtime.settings import Secret

EMPTY = IdentityChanges(cursor=0, jwks={"keys": []}, pepper_id="", keys=[], subjects=[])
POLL_SECONDS = 2.0
LOCAL_SECONDS = 1.0
POLL_NOW_SECONDS = 0.5
POLL_NOW_LOCAL_SECONDS = 0.05
TIMEOUT = 3.0
_LIMIT = 256 * 1024 * 1024


class IdentityFeed(Protocol):
    """The newest known state.

    A feed may also have `poll_now(proven)`: poll because an unknown credential was presented, which is proven when auth
    has signed it; and `used(key_id, at)`: a key was used, to be reported to auth.
    """

    def current(self) -> IdentityChanges:
        """All known keys and subjects. The same object as long as nothing has changed."""
        ...

    def age(self) -> float:
        """Seconds since auth last answered; infinite before the first time."""
        ...


class LocalIdentityFeed:
    """For a program that reads auth's database itself.

    committed: a cheap number that differs after any commit to that database. With it every change takes effect at once,
    and nothing is queried while nothing changes, whatever is presented; without it `snapshot` is called every
    `interval` seconds, and sooner when an unknown credential is presented.
    """

    def __init__(
        self,
        snapshot: Callable[[], IdentityChanges],
        *,
        committed: Callable[[], int] | None = None,
        used: Callable[[str, int], None] = lambda key_id, at: None,
        interval: float = LOCAL_SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._snapshot = snapshot
        self._committed = committed
        self._commit: int | None = None
        self.used = used
        self._interval = interval
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._state = EMPTY
        self._asked = self._heard = -float("inf")
        self.failure: Exception | None = None
        """Why the last query failed."""

    def current(self) -> IdentityChanges:
        if self._due(self._interval) or self._newest_commit() != self._commit:
            self._ask(self._interval)
        return self._state

    def age(self) -> float:
        if self._due(self._interval):
            self._ask(self._interval)
        return self._monotonic() - self._heard

    def is_current(self) -> bool:
        """Whether there was no commit since the last answer; runs no query."""
        return self._newest_commit() == self._commit

    def poll_now(self, *, proven: bool = False) -> None:
        if self._committed is None:
            self._ask(0.0 if proven else POLL_NOW_LOCAL_SECONDS)

    def _due(self, interval: float) -> bool:
        return self._monotonic() - self._asked >= interval

    def _newest_commit(self) -> int | None:
        """The same as before when the database does not answer: it is queried again after the interval."""
        try:
            return None if self._committed is None else self._committed()
        except Exception:
            return self._commit

    def _ask(self, interval: float) -> None:
        with self._lock:
            commit = self._newest_commit()
            if commit == self._commit and not self._due(interval):
                return
            self._asked = now = self._monotonic()
            try:
                received = self._snapshot()
            except Exception as error:
                if self.failure is None:
                    get_logger("identity").warning("identity_feed_failed", error=error)
                self.failure = error
            else:
                self._heard, self.failure = now, None
                if received is not self._state and received != self._state:
                    self._state = received
            # Last: until then every caller that sees the new number waits for the answer. It was read before the query,
            # so that a commit in between is noticed.
            self._commit = commit


class HttpIdentityFeed:
    """Polls auth over HTTP every two seconds, on a thread of its own, and merges the changes."""

    def __init__(
        self,
        url: str,
        service_token: Secret,
        *,
        interval: float = POLL_SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
        fetch: Callable[[int, dict[str, int]], bytes] | None = None,
        start: bool = True,
    ) -> None:
        self._fetch = fetch or (lambda since, uses: _fetch(url, service_token, since, uses))
        self._uses: dict[str, int] = {}
        self._interval = interval
        self._monotonic = monotonic
        self._state = EMPTY
        self._heard = -float("inf")
        self._polled_now = -float("inf")
        self._round = threading.Condition()
        self._begun = self._done = self._awaited = 0
        self._wake = threading.Event()
        self._closed = False
        self._failing = False
        if start:
            threading.Thread(target=self._run, name="identity-feed", daemon=True).start()

    def current(self) -> IdentityChanges:
        return self._state

    def age(self) -> float:
        return self._monotonic() - self._heard

    def poll_now(self, *, proven: bool = False) -> None:
        """Wait, for a second at most, for a poll that starts now, or started less than half a second ago.

        proven: auth has signed the unknown credential, so it is new, and a poll that began before this call is not
        enough: the wait is for one that begins after it, for up to a second and a half. Callers without valid
        credentials cannot cause that. All concurrent callers wait for the same answer. Nobody waits while auth fails,
        so that a flood of unknown keys does not occupy the threads of a program whose auth is down.
        """
        with self._round:
            if self._failing:
                return
            wanted = self._begun + 1
            rest = self._polled_now + POLL_NOW_SECONDS - self._monotonic()
            if rest > 0 and proven:
                self._round.wait_for(lambda: self._begun >= wanted or self._failing, timeout=rest)
            if self._begun < wanted and (rest <= 0 or proven):
                self._polled_now = self._monotonic()
                self._awaited = wanted
                self._wake.set()
            awaited = wanted if proven else self._awaited
            self._round.wait_for(lambda: self._done >= awaited, timeout=1.0)

    def used(self, key_id: str, at: int) -> None:
        """Reported to auth with the next poll."""
        self._uses[key_id] = at

    def close(self) -> None:
        self._closed = True
        self._wake.set()

    def poll(self) -> None:
        """Poll once. A failure is logged once and shows in `age`."""
        uses, self._uses = self._uses, {}
        try:
            received = msgspec.json.decode(self._fetch(self._state.cursor, uses), type=IdentityChanges)
        except Exception as error:
            if not self._failing:
                get_logger("identity").warning("identity_feed_failed", error=error)
            self._failing = True
            self._uses = uses | self._uses
            return
        self._failing = False
        self._heard = self._monotonic()
        self._state = merged(self._state, received)

    def _run(self) -> None:
        while not self._closed:
            with self._round:
                self._wake.clear()
                self._begun += 1
            self.poll()
            with self._round:
                self._done = self._begun
                self._round.notify_all()
            self._wake.wait(self._interval)


def merged(state: IdentityChanges, received: IdentityChanges) -> IdentityChanges:
    """The state after an answer: the same object when nothing has changed.

    A cursor that went back means another database: the earlier state is dropped.
    """
    if received.cursor < state.cursor:
        return EMPTY
    if (
        not received.keys
        and not received.subjects
        and (received.jwks, received.pepper_id) == (state.jwks, state.pepper_id)
    ):
        return state if received.cursor == state.cursor else msgspec.structs.replace(state, cursor=received.cursor)
    keys = {key.id: key for key in (*state.keys, *received.keys)}
    subjects = {subject.subject: subject for subject in (*state.subjects, *received.subjects)}
    return msgspec.structs.replace(received, keys=list(keys.values()), subjects=list(subjects.values()))


def _fetch(url: str, service_token: Secret, since: int, uses: dict[str, int]) -> bytes:
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=TIMEOUT)
    try:
        base = f"{parts.path.rstrip('/')}/internal/v1/identity"
        headers = {"Authorization": f"Bearer {service_token.reveal()}", "Content-Type": "application/json"}
        if uses:
            connection.request("POST", f"{base}/uses", msgspec.json.encode(uses), headers)
            _checked(connection.getresponse())
        connection.request("GET", f"{base}/changes?since={since}", headers=headers)
        return _checked(connection.getresponse())
    finally:
        connection.close()


def _checked(response: http.client.HTTPResponse) -> bytes:
    data = response.read(_LIMIT)
    if response.status >= 300:
        raise ConnectionError(f"auth answered {response.status}")
    return data
