"""Authentication by access token, API key or service token, without a call to auth."""

import hashlib
import hmac
import threading
import time
from collections.abc import Callable
from typing import NamedTuple

from headwater.contracts.holdings import KeyRefused, OwnerUnknown, key_holdings
from headwater.contracts.identity import ALL, ApiKeyRecord, IdentityChanges, SubjectRecord
from headwater.contracts.permissions import EVERY_USER, prefixes_by_permission
from headwater.contracts.problems import Problems
from headwater.contracts.storage import Damaged
from headwater.contracts.times import utc_now
from headwater.runtime.identity import apikey, tokens
from headwater.runtime.identity.feed import HttpIdentityFeed, IdentityFeed, LocalIdentityFeed
from headwater.runtime.identity.principal import Principal, forwarded_headers, forwarded_principal, granted
from headwater.runtime.settings import Secret
from headwater.runtime.telemetry import series as telemetry
from headwater.runtime.telemetry.series import Telemetry
from headwater.runtime.web.problem import Problem, storage_problem, unauthenticated

__all__ = [
    "HttpIdentityFeed",
    "IdentityFeed",
    "LocalIdentityFeed",
    "Principal",
    "Verifier",
    "forwarded_headers",
]

STALE_SECONDS = 30.0
STALE_INGEST_SECONDS = 900.0
# As long as a local feed may go without checking whether a credential is still valid.
REMEMBERED_SECONDS = 1.0
KEY_SUBJECT = "key:"
_CACHED = 10_000
# A key is checked again after a minute, so that its last use is known to the minute.
_KEY_MICROS = 60_000_000


class _Accepted(NamedTuple):
    principal: Principal
    until: int


class _Known:
    """One state of the feed, indexed, and the credentials accepted under it: a new state starts empty."""

    def __init__(self, state: IdentityChanges) -> None:
        self.state = state
        self.keys: dict[str, ApiKeyRecord] = {key.id: key for key in state.keys}
        self.subjects: dict[str, SubjectRecord] = {record.subject: record for record in state.subjects}
        self.signing = tokens.public_keys(state.jwks)
        self.accepted: dict[bytes, _Accepted] = {}


class Verifier:
    """Turns an Authorization header into a Principal, or raises a Problem with the reason.

    pepper: secret with which auth digests API keys. service_token: credential of our services; empty accepts none.
    open_permissions: what callers without credentials may do (`--open-read`, `--open-ingest`).
    """

    def __init__(
        self,
        feed: IdentityFeed,
        pepper: Secret,
        service_token: Secret,
        clock: Callable[[], int] = utc_now,
        *,
        open_permissions: frozenset[str] = frozenset(),
        issuer: str = tokens.ISSUER,
        audience: str = tokens.AUDIENCE,
        metrics: Telemetry | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._monotonic = monotonic
        self._looked = -float("inf")
        self._feed = feed
        self._pepper = pepper
        self.service_token = service_token
        self._clock = clock
        self._open = Principal("open", open_permissions, ALL, "open") if open_permissions else None
        self._issuer = issuer
        self._audience = audience
        self._metrics = metrics
        if metrics is not None:
            metrics.start(telemetry.AUTHENTICATIONS)
        self._lock = threading.Lock()
        self._known = _Known(feed.current())

    def authenticate(
        self, authorization: str | None, *, forwarded: str | None = None, permission: str | None = None
    ) -> Principal:
        """The principal of an Authorization header.

        forwarded: the header `Headwater-Principal`, trusted only beside the service token. permission: the one
        required; while auth does not answer, sending events is allowed for longer than reading. Raises Problem 401, or
        503 when the known revocations are too old.
        """
        if authorization is None:
            if self._open is not None:
                return self._open
            raise Problem(Problems.UNAUTHENTICATED, "Send a token or an API key as Authorization: Bearer …")
        scheme, _, credentials = authorization.partition(" ")
        credentials = credentials.strip()
        if scheme.lower() != "bearer" or not credentials:
            raise unauthenticated("Send a token or an API key as Authorization: Bearer …")
        if self._is_service(credentials):
            return _SERVICE if forwarded is None else forwarded_principal(forwarded)
        self._refuse_when_stale(permission)
        return self._accept(credentials)

    def remembered(self, authorization: str | None, *, forwarded: str | None = None) -> Principal | None:
        """The principal if it is in memory: never waits, so it may be called on an event loop.

        None says nothing about the credentials: call `authenticate`.
        """
        if authorization is None:
            return self._open
        if forwarded is not None or self._monotonic() - self._looked > REMEMBERED_SECONDS or not self._is_current():
            return None
        credentials = authorization[7:].strip() if authorization[:7].lower() == "bearer " else ""
        cached = self._known.accepted.get(hashlib.sha256(credentials.encode(errors="replace")).digest())
        return cached.principal if cached is not None and cached.until > self._clock() else None

    def _is_current(self) -> bool:
        """False when the feed has changed already: a revoked key must not be cached."""
        ask = getattr(self._feed, "is_current", None)
        return ask is None or bool(ask())

    def principal(self, subject: str, *, permission: str) -> Principal:
        """The current permissions of a principal, by its reference: `key:<id>`, or a user's subject.

        For work that is done in its name without a credential of its own. Raises Problem 401 when it is unknown,
        revoked, expired or disabled, 503 when the known revocations are too old.
        """
        self._refuse_when_stale(permission)
        known = self._current()
        name = subject.encode(errors="replace")  # no digest of a credential has this form
        cached = known.accepted.get(name)
        if cached is None or cached.until <= self._clock():
            try:
                cached = self._by_reference(subject, known)
            except _Unknown:
                raise unauthenticated(f"{subject} is not known.") from None
            known.accepted[name] = cached
        return cached.principal

    def feed_age(self) -> float:
        """Seconds since auth last answered."""
        return self._feed.age()

    def checker(self, ingest: bool) -> Callable[[], str | None]:
        """A readiness check: down when requests are refused because auth does not answer; a note before that."""
        limit = STALE_INGEST_SECONDS if ingest else STALE_SECONDS

        def check() -> str | None:
            age = self._feed.age()
            if age > limit:
                raise ConnectionError("auth did not answer" + ("" if age == float("inf") else f" for {age:.0f} s"))
            return f"auth did not answer for {age:.0f} s; known keys stay valid" if age > STALE_SECONDS else None

        return check

    def _is_service(self, credentials: str) -> bool:
        expected = self.service_token.reveal()
        return bool(expected) and hmac.compare_digest(credentials.encode(), expected.encode())

    def _refuse_when_stale(self, permission: str | None) -> None:
        limit = STALE_INGEST_SECONDS if permission == "ingest:write" else STALE_SECONDS
        if self._feed.age() > limit:
            failure = getattr(self._feed, "failure", None)
            if isinstance(failure, Damaged):
                raise storage_problem(failure)
            raise Problem(
                Problems.UNAVAILABLE,
                "Keys and revocations are out of date: auth does not answer.",
                headers={"Retry-After": "5"},
            )

    def _accept(self, credentials: str) -> Principal:
        known = self._current()
        cached = known.accepted.get(hashlib.sha256(credentials.encode(errors="replace")).digest())
        if cached is not None and cached.until > self._clock():
            return cached.principal
        kind = "key" if credentials.startswith(apikey.PREFIX) else "token"
        try:
            principal = self._check(credentials, kind)
        except Problem:
            self._count(kind, "refused")
            raise
        self._count(kind, "accepted")
        return principal

    def _check(self, credentials: str, kind: str) -> Principal:
        known = self._current()
        check = self._check_key if kind == "key" else self._check_token
        try:
            accepted = check(credentials, known)
        except _Unknown as unknown:
            poll_now = getattr(self._feed, "poll_now", None)
            if poll_now is not None:
                poll_now(proven=unknown.proven)
            known = self._current()
            try:
                accepted = check(credentials, known)
            except _Unknown as error:
                raise unauthenticated(str(error)) from None
        if len(known.accepted) >= _CACHED:
            known.accepted.clear()
        known.accepted[hashlib.sha256(credentials.encode(errors="replace")).digest()] = accepted
        return accepted.principal

    def _current(self) -> _Known:
        looked = self._monotonic()
        state = self._feed.current()
        known = self._known
        if known.state is not state:
            with self._lock:
                if self._known.state is not state:
                    self._known = _Known(state)
                known = self._known
        if self._feed.age() <= STALE_SECONDS:
            self._looked = looked
        return known

    def _check_key(self, text: str, known: _Known) -> _Accepted:
        key = apikey.parse(text)
        if key is None:
            raise unauthenticated("The API key is mistyped or cut.")
        record = known.keys.get(key.id)
        if record is not None and not hmac.compare_digest(apikey.digest(self._pepper, key.secret), record.digest):
            raise unauthenticated("The API key is not valid.")
        return self._by_key(record, known)

    def _by_key(self, record: ApiKeyRecord | None, known: _Known) -> _Accepted:
        """What a key grants now, presented itself or as a token issued for it."""
        if record is None:
            raise _Unknown("The API key is not valid.")
        now = self._clock()
        try:
            key = key_holdings(record, key_of=known.keys.get, subject_of=known.subjects.get, now=now)
        except OwnerUnknown as unknown:
            raise _Unknown(str(unknown)) from None
        except KeyRefused as refused:
            raise unauthenticated(str(refused)) from None
        used = getattr(self._feed, "used", None)
        if used is not None:
            used(record.id, now)
        until = now + _KEY_MICROS if key.until is None else min(key.until, now + _KEY_MICROS)
        return _Accepted(granted(KEY_SUBJECT + record.id, "key", key.held), until)

    def _check_token(self, text: str, known: _Known) -> _Accepted:
        try:
            claims = tokens.verify(
                text, known.signing, now=self._clock() // 1_000_000, issuer=self._issuer, audience=self._audience
            )
        except tokens.UnknownKey:
            raise _Unknown("The token is not valid.") from None
        except tokens.TokenRefused:
            raise unauthenticated("The token is not valid or has expired.") from None
        until = claims.exp * 1_000_000
        if claims.sub.startswith(KEY_SUBJECT):
            try:
                accepted = self._by_key(known.keys.get(claims.sub.removeprefix(KEY_SUBJECT)), known)
            except _Unknown as unknown:
                raise _Unknown(str(unknown), proven=True) from None
            return accepted._replace(until=min(until, accepted.until))
        record = known.subjects.get(claims.sub)
        if record is None:
            raise _Unknown("The token is not valid.", proven=True)
        if record.disabled or claims.epoch < record.epoch:
            raise unauthenticated("The token was revoked.")
        return self._by_user(record, claims.sid, until)

    def _by_reference(self, subject: str, known: _Known) -> _Accepted:
        if subject.startswith(KEY_SUBJECT):
            return self._by_key(known.keys.get(subject.removeprefix(KEY_SUBJECT)), known)
        record = known.subjects.get(subject)
        if record is None:
            raise _Unknown(subject)
        if record.disabled:
            raise unauthenticated("The user is disabled.")
        return self._by_user(record, "", self._clock() + _KEY_MICROS)

    def _by_user(self, record: SubjectRecord, session: str, until: int) -> _Accepted:
        held = prefixes_by_permission(record.bindings) | {EVERY_USER: ("",)}
        return _Accepted(granted(record.subject, "user", held, session), until)

    def _count(self, kind: str, result: str) -> None:
        if self._metrics is not None:
            self._metrics.inc(telemetry.AUTHENTICATIONS, kind=kind, result=result)


class _Unknown(Exception):
    """Not in the present state of the feed: it may be new, so the feed is polled once more.

    proven: auth has signed it, so it must be new.
    """

    def __init__(self, message: str, *, proven: bool = False) -> None:
        super().__init__(message)
        self.proven = proven


_SERVICE = Principal("service", frozenset({"internal:read"}), ALL, "service")
