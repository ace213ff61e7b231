"""Authorisation of administrative actions, whether from HTTP or from the command line.

The action resolves its target, reads the permissions of actor and target, and changes rows in one transaction that
excludes all other changes of permissions: nothing can change between the check and the action.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

import sqlalchemy as sa

from headwater.auth import key_rows, people
from headwater.auth.store import Store
from headwater.auth.trail import Act, record
from headwater.contracts.holdings import EVERYTHING, Holdings, KeyRefused, key_holdings, missing
from headwater.contracts.identity import INSTALLATION, USER, Binding
from headwater.contracts.permissions import EVERY_USER, prefixes_by_permission
from headwater.contracts.problems import Problems
from headwater.runtime.web.problem import Problem

KEY = "key:"
OWNERSHIP = "role:owner"
"""An extra permission of owners: no other role grants it, so only owners hold what owners hold."""


class Actor(NamedTuple):
    """`name` in the audit trail: `user:<subject>`, `key:<id>`, or a name of our own.

    limited: restricted to the permissions held at that moment; otherwise the actor is at the machine itself and may do
    anything.
    """

    name: str
    limited: bool = True


CLI = Actor("cli", limited=False)
ANONYMOUS = Actor("anonymous", limited=False)
"""A user who registers where registration is open: gets the one role that the installation configures for it."""


class Refusal(Problem):
    """The actor may not do it; unlike other problems it is recorded in the audit trail where it is raised."""

    recorded = True


class Acting:
    """An administrative action in progress. `thing`: its object in the audit trail."""

    def __init__(self, connection: sa.Connection, actor: Actor, now: int, thing: str) -> None:
        self.connection = connection
        self.actor = actor
        self.now = now
        self.thing = thing
        self._held = held_by(connection, actor.name, now) if actor.limited else EVERYTHING

    def need(self, wanted: Holdings) -> None:
        """Raises Refusal unless the actor holds all of it."""
        lack = missing(wanted, self._held) if self.actor.limited else None
        if lack is not None:
            raise Refusal(Problems.FORBIDDEN, f"You do not hold {_as_text(*lack)} yourself.")

    def holds(self, permission: str) -> bool:
        """Whether the actor holds a permission somewhere."""
        return not self.actor.limited or permission in self._held

    def need_no_less_than(self, account: str) -> None:
        """Raises Refusal when the account holds anything that the actor does not."""
        lack = missing(account_holdings(self.connection, account), self._held) if self.actor.limited else None
        if lack is not None:
            raise Refusal(Problems.FORBIDDEN, f"That account holds {_as_text(*lack)}, which you do not.")

    def record(self, action: str, detail: Mapping[str, str] | None = None) -> None:
        record(self.connection, Act(self.actor.name, action, self.thing, detail=detail or {}), now=self.now)


@contextmanager
def acting(store: Store, actor: Actor, action: str, thing: str) -> Iterator[Acting]:
    """One transaction for one action. A refusal in it is rolled back, recorded as refused, and raised.

    `thing`: the object in the record of a refusal before the action has resolved its target.
    """
    act = None
    try:
        with store.writing() as connection:
            people.one_at_a_time(connection)
            act = Acting(connection, actor, store.now(connection), thing)
            yield act
    except Refusal as refusal:
        refused = Act(actor.name, action, act.thing if act else thing, "refused", {"reason": refusal.detail})
        with store.writing() as connection:
            record(connection, refused, now=store.now(connection))
        raise


def held_by(connection: sa.Connection, name: str, now: int) -> Holdings:
    """The current permissions of a user or a key, by the actor's name. Raises Refusal without a valid one."""
    if name.startswith(USER):
        user = people.by_subject(connection, name.removeprefix(USER))
        if user is None or user.disabled:
            raise Refusal(Problems.FORBIDDEN, "Your account is disabled.")
        return account_holdings(connection, name)
    key = key_rows.known(connection, name.removeprefix(KEY)) if name.startswith(KEY) else None
    if key is None:
        raise Refusal(Problems.FORBIDDEN, "Only users and API keys can administer.")
    try:
        return key_holdings(
            key,
            key_of=lambda key_id: key_rows.known(connection, key_id),
            subject_of=lambda subject: people.known(connection, subject),
            now=now,
        ).held
    except KeyRefused as refused:
        raise Refusal(Problems.FORBIDDEN, str(refused)) from None


def account_holdings(connection: sa.Connection, account: str) -> Holdings:
    """The bindings of an account, disabled or not."""
    if account == INSTALLATION:
        return EVERYTHING
    return bound(people.bindings_of(connection, account.removeprefix(USER)))


def bound(held: Iterable[Binding]) -> Holdings:
    """The permissions of bindings, including ownership; without those that every user holds, which no key can hold."""
    bindings = list(held)
    found = prefixes_by_permission(bindings)
    found.pop(EVERY_USER, None)
    owned = tuple(sorted(binding.prefix for binding in bindings if binding.role == "owner"))
    return found | {OWNERSHIP: owned} if owned else found


def _as_text(permission: str, prefix: str) -> str:
    what = "the role owner" if permission == OWNERSHIP else permission
    return f"{what} on {prefix!r}" if prefix else f"{what} on every namespace"
