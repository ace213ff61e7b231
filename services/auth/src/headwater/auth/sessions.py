"""Log-in, refresh and log-out: sessions, their refresh tokens and the access tokens issued from them."""

import hashlib
import secrets
from collections.abc import Callable
from typing import NamedTuple

import sqlalchemy as sa

from headwater.auth import attempts, devices, people, throttle
from headwater.auth.hashing import Argon2
from headwater.auth.signing import access_token
from headwater.auth.store import Store
from headwater.auth.tables import refresh_tokens, sessions, users
from headwater.auth.trail import Act, record
from headwater.contracts.problems import Problems
from headwater.runtime.web.problem import Problem, unauthenticated

SECOND = 1_000_000
WRONG = "The name or the password is wrong."
OVER = "The session is over: log in again."
_OUTCOMES = {
    Problems.UNAUTHENTICATED: "refused",
    Problems.THROTTLED: "throttled",
    Problems.UNAVAILABLE: "busy",
}


class Policy(NamedTuple):
    """Lifetimes in seconds, and the maximum of sessions of one user."""

    access: int = 300
    idle: int = 43_200
    absolute: int = 604_800
    limit: int = 10


class Opened(NamedTuple):
    """The credentials after a log-in. `refresh` is shown once; the next refresh needs its successor.

    `device`: after a log-in, the token by which this device is recognised from now on.
    """

    subject: str
    session: str
    access: str
    refresh: str
    device: str = ""


class _Ticket(NamedTuple):
    subject: str
    epoch: int
    session: str
    refresh: str


OutcomeObserver = Callable[[str], None]


class Sessions:
    """Sessions of users. `on_login`, `on_refresh`: called with each outcome, for the metrics."""

    def __init__(
        self,
        store: Store,
        policy: Policy,
        *,
        on_login: OutcomeObserver = lambda outcome: None,
        on_refresh: OutcomeObserver = lambda outcome: None,
    ) -> None:
        self._store = store
        self._policy = policy
        self._on_login = on_login
        self._on_refresh = on_refresh

    def login(self, username: str, password: str, *, address: str, device: str | None = None) -> Opened:
        """A new session. `device`: the token from an earlier log-in on this device.

        Raises 401 with the same message, after the same work, whether the name, the password or the account is wrong;
        429 when there were too many failures; 503 when too many log in at once.
        """
        try:
            with self._store.hasher.slot() as hashing:
                opened = self._login(username, password, address, device, hashing)
        except Problem as problem:
            self._on_login(_OUTCOMES.get(problem.problem, "failed"))
            raise
        self._on_login("accepted")
        return opened

    def _login(self, username: str, password: str, address: str, device: str | None, hashing: Argon2) -> Opened:
        with self._store.writing() as connection:
            user = people.by_name(connection, username[:1024])
            now = self._store.now(connection)
            known = None if user is None else devices.known(self._store, device, str(user.subject), now=now)
            buckets = attempts.login(self._store, username, address=address, device=known)
            throttle.admit(connection, buckets, now=now)
        right, better = hashing.verify(password, None if user is None else str(user.password_hash))
        with self._store.writing() as connection:
            now = self._store.now(connection)
            current = people.by_subject(connection, str(user.subject)) if user is not None and right else None
            if user is None or current is None or current.disabled or current.password_hash != user.password_hash:
                name = attempts.name_key(self._store, username)[:16]
                who = f"user:{user.subject}" if user is not None else f"name:{name}"
                record(connection, Act("anonymous", "login", who, "refused"), now=now)
                ticket = None
            else:
                throttle.succeed(connection, buckets)
                ticket = self._begin(connection, current, better, now=now)
        if ticket is None:
            raise unauthenticated(WRONG)
        return self._opened(ticket, now)._replace(device=devices.issue(self._store, ticket.subject, now=now))

    def refresh(self, token: str) -> Opened:
        """The next pair of tokens. A refresh token works once; a second use ends the session. Raises 401."""
        with self._store.writing() as connection:
            now = self._store.now(connection)
            digest = _digest(token)
            if self._was_used(connection, digest):
                outcome, ticket = self._reused(connection, digest, now), None
            else:
                outcome, ticket = self._rotated(connection, digest, now)
        self._on_refresh(outcome)
        if ticket is None:
            raise unauthenticated(OVER)
        return self._opened(ticket, now)

    def end(self, session: str, *, actor: str, subject: str | None = None, action: str = "logout") -> bool:
        """End one session and the access tokens of its user. `subject`: whose it must be. False when there is none."""
        with self._store.writing() as connection:
            now = self._store.now(connection)
            found = connection.execute(sa.select(sessions).where(sessions.c.id == session)).first()
            if found is None or (subject is not None and found.subject != subject):
                return False
            if not self._finish(connection, found.subject, session, now):
                return False
            record(connection, Act(actor, action, f"session:{session}"), now=now)
            return True

    def end_by_refresh_token(self, token: str) -> None:
        """Log out by the refresh token."""
        with self._store.reading() as connection:
            asked = (
                sa.select(sessions.c.id, sessions.c.subject)
                .join(refresh_tokens, refresh_tokens.c.session == sessions.c.id)
                .where(refresh_tokens.c.digest == _digest(token))
            )
            found = connection.execute(asked).first()
        if found is not None:
            self.end(found.id, actor=f"user:{found.subject}")

    def end_all(self, subject: str, *, actor: str, spare: str | None = None) -> int:
        """End a user's sessions, except `spare`, and all access tokens."""
        with self._store.writing() as connection:
            now = self._store.now(connection)
            people.revoke_tokens(connection, subject)
            ended = people.end_sessions(connection, subject, now=now, spare=spare)
            record(connection, Act(actor, "logout.all", f"user:{subject}", detail={"ended": str(ended)}), now=now)
            return ended

    def token_for_key(self, key_subject: str) -> str:
        """An access token for an API key, for clients that fetch one."""
        with self._store.writing() as connection:
            now = self._store.now(connection)
            record(connection, Act(key_subject, "token.issue", key_subject), now=now)
        signing = self._store.signing_key()
        return access_token(signing, subject=key_subject, epoch=0, sid="", now=now, seconds=self._policy.access)

    def _begin(self, connection: sa.Connection, user: people.User, better: str | None, *, now: int) -> _Ticket:
        if better is not None:
            rehash = users.update().where(users.c.subject == user.subject).values(password_hash=better)
            connection.execute(rehash)
        session = secrets.token_hex(16)
        self._make_room(connection, str(user.subject), now)
        connection.execute(
            sessions.insert().values(
                id=session,
                subject=user.subject,
                created_at=now,
                used_at=now,
                expires_at=now + self._policy.absolute * SECOND,
            )
        )
        token = self._new_token(connection, session, now + self._policy.absolute * SECOND, now)
        record(connection, Act(f"user:{user.subject}", "login", f"session:{session}"), now=now)
        return _Ticket(str(user.subject), int(str(user.epoch)), session, token)

    def _make_room(self, connection: sa.Connection, subject: str, now: int) -> None:
        """End the oldest sessions so that one more fits."""
        alive = (
            sa.select(sessions.c.id)
            .where(sessions.c.subject == subject, sessions.c.ended_at.is_(None), sessions.c.expires_at > now)
            .order_by(sessions.c.created_at.desc())
            .offset(self._policy.limit - 1)
        )
        oldest = list(connection.execute(alive).scalars())
        if oldest:
            connection.execute(sessions.update().where(sessions.c.id.in_(oldest)).values(ended_at=now))

    def _new_token(self, connection: sa.Connection, session: str, session_ends: int, now: int) -> str:
        token = secrets.token_urlsafe(32)
        expires = min(now + self._policy.idle * SECOND, session_ends)
        row = {"digest": _digest(token), "session": session, "expires_at": expires}
        connection.execute(refresh_tokens.insert().values(**row))
        return token

    def _was_used(self, connection: sa.Connection, digest: str) -> bool:
        asked = sa.select(refresh_tokens.c.used_at).where(refresh_tokens.c.digest == digest)
        return connection.execute(asked).scalar() is not None

    def _rotated(self, connection: sa.Connection, digest: str, now: int) -> tuple[str, _Ticket | None]:
        """Compare and set: of concurrent uses of the token only one succeeds."""
        use = (
            refresh_tokens.update()
            .where(
                refresh_tokens.c.digest == digest,
                refresh_tokens.c.used_at.is_(None),
                refresh_tokens.c.expires_at > now,
            )
            .values(used_at=now)
            .returning(refresh_tokens.c.session)
        )
        session = connection.execute(use).scalar()
        if session is None:
            # A concurrent request may have been faster: then this is a second use.
            used = self._was_used(connection, digest)
            return (self._reused(connection, digest, now) if used else "unknown"), None
        alive = (
            sa.select(sessions.c.subject, sessions.c.expires_at, users.c.epoch)
            .join(users, users.c.subject == sessions.c.subject)
            .where(
                sessions.c.id == session,
                sessions.c.ended_at.is_(None),
                sessions.c.expires_at > now,
                users.c.disabled.is_(False),
            )
        )
        row = connection.execute(alive).first()
        if row is None:
            return "ended", None
        token = self._new_token(connection, session, row.expires_at, now)
        connection.execute(sessions.update().where(sessions.c.id == session).values(used_at=now))
        record(connection, Act(f"user:{row.subject}", "token.refresh", f"session:{session}"), now=now)
        return "accepted", _Ticket(row.subject, row.epoch, session, token)

    def _reused(self, connection: sa.Connection, digest: str, now: int) -> str:
        """A token was used twice, so one of its users has stolen it: end the session of both."""
        asked = (
            sa.select(sessions.c.id, sessions.c.subject)
            .join(refresh_tokens, refresh_tokens.c.session == sessions.c.id)
            .where(refresh_tokens.c.digest == digest)
        )
        found = connection.execute(asked).one()
        if self._finish(connection, found.subject, found.id, now):
            record(connection, Act("anonymous", "token.reuse", f"session:{found.id}", "refused"), now=now)
        return "reused"

    def _finish(self, connection: sa.Connection, subject: str, session: str, now: int) -> bool:
        """End a session and its user's access tokens; False when another was faster."""
        people.one_at_a_time(connection)
        open_one = sessions.update().where(sessions.c.id == session, sessions.c.ended_at.is_(None))
        if connection.execute(open_one.values(ended_at=now)).rowcount == 0:
            return False
        people.revoke_tokens(connection, subject)
        return True

    def _opened(self, ticket: _Ticket, now: int) -> Opened:
        signed = access_token(
            self._store.signing_key(),
            subject=ticket.subject,
            epoch=ticket.epoch,
            sid=ticket.session,
            now=now,
            seconds=self._policy.access,
        )
        return Opened(ticket.subject, ticket.session, signed, ticket.refresh)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
