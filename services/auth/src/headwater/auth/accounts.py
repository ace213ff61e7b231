"""Users (and, from keys.py, API keys): administration from the dashboard or from the command line.

Each function is one transaction with its audit record; `authority` checks permissions.
"""

import secrets
import string
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from headwater.auth import people, rules
from headwater.auth.authority import ANONYMOUS, CLI, Acting, Actor, Refusal, acting, bound
from headwater.auth.keys import create_key, list_keys, revoke_key
from headwater.auth.store import Store
from headwater.auth.tables import users
from headwater.contracts.identity import USER, Binding
from headwater.contracts.permissions import BY_NAME
from headwater.contracts.problems import Problems
from headwater.runtime.web.problem import Problem, invalid

__all__ = [
    "ANONYMOUS",
    "CLI",
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
USER_MANAGE = {"user:manage": ("",)}
_PASSWORD_SIGNS = string.ascii_letters + string.digits


def ensure_admin(store: Store, password: str | None = None, *, actor: Actor = CLI) -> str | None:
    """Create the first administrator, `admin`, with role owner; None when there is a user of that name already.

    password: chosen by the installer, any text of 1 to 1024 characters; None generates a random one. Returns it.
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
    actor: Actor = CLI,
) -> str:
    """Create a user; returns the subject. Raises Problem 422 with the wrong field, 409 when the name is taken."""
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
    store: Store, username: str, password: str, held: list[Binding], *, display_name: str | None, actor: Actor
) -> str:
    hashed = store.hasher.hash(password)
    try:
        with acting(store, actor, "user.create", "users") as act:
            act.need(USER_MANAGE)
            act.need(bound(held))
            subject = people.insert(
                act.connection,
                username=username.strip(),
                display_name=display_name,
                password_hash=hashed,
                held=held,
                now=act.now,
            )
            act.thing = USER + subject
            act.record("user.create", {"roles": _as_text(held)})
            return subject
    except IntegrityError:
        raise Problem(
            Problems.CONFLICT, "There is a user of that name.", errors=[{"field": "username", "message": "Taken."}]
        ) from None


def disable_user(store: Store, target: people.Target, *, actor: Actor = CLI) -> str:
    """Lock a user out everywhere within seconds; returns the subject. Raises 404, 403, 409 for the last owner."""
    return _switch(store, target, disabled=True, actor=actor)


def enable_user(store: Store, target: people.Target, *, actor: Actor = CLI) -> str:
    """Let a disabled user log in again; returns the subject. Raises 404, 403."""
    return _switch(store, target, disabled=False, actor=actor)


def _switch(store: Store, target: people.Target, *, disabled: bool, actor: Actor) -> str:
    with _on_user(store, target, "user.disable" if disabled else "user.enable", actor) as (act, subject):
        if disabled and people.owners(act.connection) == {subject}:
            raise Refusal(Problems.CONFLICT, "The last owner cannot be disabled: make another owner first.")
        people.revoke_tokens(act.connection, subject, disabled=disabled)
        people.end_sessions(act.connection, subject, now=act.now)
        act.record("user.disable" if disabled else "user.enable")
        return subject


def set_bindings(store: Store, target: people.Target, held: Iterable[Binding], *, actor: Actor = CLI) -> str:
    """Give a user these roles and no others; open tokens end. Raises 404, 403, 409 for the last owner, 422."""
    wanted = list(held)
    check_bindings(wanted)
    with _on_user(store, target, "user.bind", actor) as (act, subject):
        act.need(bound(wanted))
        if people.owners(act.connection) == {subject} and Binding("owner") not in wanted:
            raise Refusal(Problems.CONFLICT, "The last owner must stay owner: make another owner first.")
        before = people.bindings_of(act.connection, subject)
        people.revoke_tokens(act.connection, subject)
        people.bind(act.connection, subject, wanted)
        act.record("user.bind", {"before": _as_text(before), "after": _as_text(wanted)})
        return subject


@contextmanager
def _on_user(store: Store, target: people.Target, action: str, actor: Actor) -> Iterator[tuple[Acting, str]]:
    """An action on one user, resolved only here, by an actor who holds at least the user's permissions."""
    with acting(store, actor, action, "users") as act:
        act.need(USER_MANAGE)
        subject = str(people.found(act.connection, target).subject)
        act.thing = USER + subject
        act.need_no_less_than(act.thing)
        yield act, subject


def list_users(
    store: Store, *, after: str = "", limit: int | None = None
) -> list[tuple[people.User, tuple[Binding, ...]]]:
    """Users by subject with their bindings."""
    asked = sa.select(users).where(users.c.subject > after).order_by(users.c.subject)
    with store.reading() as connection:
        found = list(connection.execute(asked.limit(limit) if limit else asked))
        return [(user, people.bindings_of(connection, user.subject)) for user in found]


def check_bindings(held: Iterable[Binding]) -> None:
    """Raises 422 when a role does not exist."""
    for binding in held:
        if binding.role not in BY_NAME:
            raise invalid("roles", f"There is no role {binding.role[:100]!r}; known: {', '.join(BY_NAME)}.")


def _as_text(held: Iterable[Binding]) -> str:
    return " ".join(f"{binding.role}@{binding.prefix or '*'}" for binding in held)
