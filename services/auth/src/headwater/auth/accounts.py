"""Users (and, from keys.py, API keys): what an administrator does, from a screen or from the command line.

Each function is one transaction with its audit record. `actor`: who does it (`user:<subject>`, `cli`).
"""

import secrets
import string
from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from headwater.auth import people, rules
from headwater.auth.faults import invalid
from headwater.auth.keys import create_key, list_keys, revoke_key
from headwater.auth.store import Store
from headwater.auth.tables import users
from headwater.auth.trail import Act, record
from headwater.contracts.identity import Binding
from headwater.contracts.permissions import BY_NAME
from headwater.contracts.problems import Problems
from headwater.runtime.problem import Problem

__all__ = [
    "create_key",
    "create_user",
    "disable_user",
    "enable_user",
    "ensure_admin",
    "list_keys",
    "list_users",
    "revoke_key",
    "set_bindings",
]

ADMIN = "admin"
_PASSWORD_SIGNS = string.ascii_letters + string.digits


def ensure_admin(store: Store, password: str | None = None, *, actor: str = "cli") -> str | None:
    """Make the first administrator, `admin`, with role owner; None when there is a user of that name already.

    password: chosen by the installer, any text of 1 to 1024 characters; None makes a random one. Returns it.
    """
    with store.reading() as connection:
        if people.by_name(connection, ADMIN) is not None:
            return None
    chosen = password or "".join(secrets.choice(_PASSWORD_SIGNS) for _ in range(24))
    if len(chosen) > rules.LONGEST:
        raise invalid("password", f"Use {rules.LONGEST} characters at most.")
    try:
        _insert(store, ADMIN, chosen, [Binding("owner")], display_name="Administrator", actor=actor)
    except Problem as problem:
        if problem.problem is Problems.CONFLICT:  # another process was faster
            return None
        raise
    return chosen


def create_user(
    store: Store,
    username: str,
    password: str,
    *,
    roles: Iterable[str | Binding] = ("viewer",),
    display_name: str | None = None,
    actor: str = "cli",
) -> str:
    """A new user; returns the subject. Raises Problem 422 with the field at fault, 409 when the name is taken."""
    held = [role if isinstance(role, Binding) else Binding(role) for role in roles]
    fault = rules.username_fault(username)
    if fault is not None:
        raise invalid("username", fault)
    if display_name is not None and (len(display_name) > 200 or not display_name.isprintable()):
        raise invalid("display_name", "Use 200 characters at most, none of them a control character.")
    fault = rules.password_fault(password, username=username)
    if fault is not None:
        raise invalid("password", fault)
    check_bindings(held)
    return _insert(store, username, password, held, display_name=display_name, actor=actor)


def _insert(
    store: Store, username: str, password: str, held: list[Binding], *, display_name: str | None, actor: str
) -> str:
    hashed = store.hasher.hash(password)
    try:
        with store.writing() as connection:
            now = store.now(connection)
            subject = people.insert(
                connection,
                username=username.strip(),
                display_name=display_name,
                password_hash=hashed,
                held=held,
                now=now,
            )
            detail = {"roles": _told(held)}
            record(connection, Act(actor, "user.create", f"user:{subject}", detail=detail), now=now)
            return subject
    except IntegrityError:
        raise Problem(
            Problems.CONFLICT, "There is a user of that name.", errors=[{"field": "username", "message": "Taken."}]
        ) from None


def disable_user(store: Store, username: str, *, actor: str = "cli") -> str:
    """Lock a user out everywhere within seconds; returns the subject. Raises 404, 409 for the last owner."""
    return _switch(store, username, disabled=True, actor=actor)


def enable_user(store: Store, username: str, *, actor: str = "cli") -> str:
    """Let a disabled user log in again; returns the subject. Raises 404."""
    return _switch(store, username, disabled=False, actor=actor)


def _switch(store: Store, who: str, *, disabled: bool, actor: str) -> str:
    with store.writing() as connection:
        now = store.now(connection)
        people.one_at_a_time(connection)
        user = _found(connection, who)
        if disabled and people.owners(connection) == {user.subject}:
            raise Problem(Problems.CONFLICT, "The last owner cannot be disabled: make another owner first.")
        subject = str(user.subject)
        people.revoke_tokens(connection, subject, disabled=disabled)
        people.end_sessions(connection, subject, now=now)
        action = "user.disable" if disabled else "user.enable"
        record(connection, Act(actor, action, f"user:{subject}"), now=now)
        return subject


def set_bindings(store: Store, who: str, held: Iterable[Binding], *, actor: str = "cli") -> str:
    """Give a user these roles and no others; open tokens end. Raises 404, 409 for the last owner, 422."""
    wanted = list(held)
    check_bindings(wanted)
    with store.writing() as connection:
        now = store.now(connection)
        people.one_at_a_time(connection)
        user = _found(connection, who)
        subject = str(user.subject)
        if people.owners(connection) == {subject} and Binding("owner") not in wanted:
            raise Problem(Problems.CONFLICT, "The last owner stays owner: make another owner first.")
        before = people.bindings_of(connection, subject)
        people.revoke_tokens(connection, subject)
        people.bind(connection, subject, wanted)
        detail = {"before": _told(before), "after": _told(wanted)}
        record(connection, Act(actor, "user.bind", f"user:{subject}", detail=detail), now=now)
        return subject


def list_users(
    store: Store, *, after: str = "", limit: int | None = None
) -> list[tuple[people.User, tuple[Binding, ...]]]:
    """Users by subject with what they hold."""
    asked = sa.select(users).where(users.c.subject > after).order_by(users.c.subject)
    with store.reading() as connection:
        found = list(connection.execute(asked.limit(limit) if limit else asked))
        return [(user, people.bindings_of(connection, user.subject)) for user in found]


def check_bindings(held: Iterable[Binding]) -> None:
    """Raises 422 when a role does not exist."""
    for binding in held:
        if binding.role not in BY_NAME:
            raise invalid("roles", f"There is no role {binding.role[:100]!r}; known: {', '.join(BY_NAME)}.")


def _found(connection: sa.Connection, who: str) -> people.User:
    """The user by name or by subject."""
    user = people.by_subject(connection, who) or people.by_name(connection, who)
    if user is None:
        raise Problem(Problems.NOT_FOUND, "There is no such user.")
    return user


def _told(held: Iterable[Binding]) -> str:
    return " ".join(f"{binding.role}@{binding.prefix or '*'}" for binding in held)
