"""Rows of users, read and written inside the caller's transaction."""

import secrets
from collections.abc import Iterable
from typing import Literal, NamedTuple

import sqlalchemy as sa

from headwater.auth.counting import next_number
from headwater.auth.rules import username_key
from headwater.auth.tables import bindings, sessions, users
from headwater.contracts.identity import Binding, SubjectRecord
from headwater.contracts.problems import Problems
from headwater.runtime.web.problem import Problem

User = sa.Row[tuple[object, ...]]


class Target(NamedTuple):
    """The target of an action: by exactly one identifier. Over HTTP that is the subject."""

    text: str
    by: Literal["subject", "name"] = "subject"


def named(username: str) -> Target:
    """A user by name, for the command line."""
    return Target(username, "name")


def found(connection: sa.Connection, target: Target) -> User:
    """The one user. Raises 404."""
    user = (by_subject if target.by == "subject" else by_name)(connection, target.text)
    if user is None:
        raise Problem(Problems.NOT_FOUND, "There is no such user.")
    return user


def by_name(connection: sa.Connection, username: str) -> User | None:
    return connection.execute(sa.select(users).where(users.c.username_key == username_key(username))).first()


def by_subject(connection: sa.Connection, subject: str) -> User | None:
    return connection.execute(sa.select(users).where(users.c.subject == subject)).first()


def bindings_of(connection: sa.Connection, subject: str) -> tuple[Binding, ...]:
    held = sa.select(bindings).where(bindings.c.subject == subject).order_by(bindings.c.role, bindings.c.prefix)
    return tuple(Binding(row.role, row.prefix) for row in connection.execute(held))


def known(connection: sa.Connection, subject: str) -> SubjectRecord | None:
    """A user in the identity feed."""
    user = by_subject(connection, subject)
    if user is None:
        return None
    row = user._mapping
    return SubjectRecord(
        subject=subject, epoch=row["epoch"], disabled=row["disabled"], bindings=bindings_of(connection, subject)
    )


def insert(
    connection: sa.Connection,
    *,
    username: str,
    display_name: str | None,
    password_hash: str,
    held: Iterable[Binding],
    now: int,
) -> str:
    """Insert a user; returns the random reference used by other services. Raises IntegrityError if taken."""
    subject = "u" + secrets.token_hex(10)
    connection.execute(
        users.insert().values(
            subject=subject,
            username=username,
            username_key=username_key(username),
            display_name=display_name,
            password_hash=password_hash,
            disabled=False,
            epoch=1,
            created_at=now,
            changed=next_number(connection, "identity"),
        )
    )
    bind(connection, subject, held)
    return subject


def bind(connection: sa.Connection, subject: str, held: Iterable[Binding]) -> None:
    """Replace the bindings of a user."""
    connection.execute(bindings.delete().where(bindings.c.subject == subject))
    rows = [{"subject": subject, "role": binding.role, "prefix": binding.prefix} for binding in set(held)]
    if rows:
        connection.execute(bindings.insert(), rows)


def one_at_a_time(connection: sa.Connection) -> None:
    """Lock out all other transactions that change permissions."""
    next_number(connection, "identity")


def revoke_tokens(connection: sa.Connection, subject: str, **also: object) -> None:
    """End every access token of a user within seconds, everywhere; also set the given columns of the row."""
    changed = next_number(connection, "identity")
    row = users.update().where(users.c.subject == subject)
    connection.execute(row.values(epoch=users.c.epoch + 1, changed=changed, **also))


def end_sessions(connection: sa.Connection, subject: str, *, now: int, spare: str | None = None) -> int:
    """End a user's sessions, except `spare`; returns how many ended."""
    ending = sessions.update().where(sessions.c.subject == subject, sessions.c.ended_at.is_(None))
    if spare is not None:
        ending = ending.where(sessions.c.id != spare)
    return connection.execute(ending.values(ended_at=now)).rowcount


def owners(connection: sa.Connection) -> set[str]:
    """Subjects that are enabled owners of everything."""
    found = (
        sa.select(bindings.c.subject)
        .join(users, users.c.subject == bindings.c.subject)
        .where(bindings.c.role == "owner", bindings.c.prefix == "", users.c.disabled.is_(False))
    )
    return set(connection.execute(found).scalars())
