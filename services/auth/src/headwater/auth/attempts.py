"""The buckets that count password attempts, so that strangers are slowed down and the owner is not.

Unknown clients are limited by address, by name, and soonest by both together: one stranger cannot block others from a
name. Many can; but a device from which the user logged in before, and an open session, have buckets of their own that
nobody else can fill. Names are counted by keyed digest, whether or not the user exists.
"""

from headwater.auth import people, throttle
from headwater.auth.rules import username_key
from headwater.auth.store import Store
from headwater.auth.throttle import SECOND, Bucket, Limit
from headwater.auth.trail import Act, record
from headwater.contracts.problems import Problems
from headwater.runtime.web.problem import Problem
from headwater.runtime.web.proxies import subscriber

FEW = Limit(free=5)
BY_NAME = Limit(free=30)
BY_ADDRESS = Limit(free=50, longest=60 * SECOND)
REGISTRATIONS = Limit(free=10, longest=60 * SECOND)
LONGEST_FORGET = max(limit.forget for limit in (FEW, BY_NAME, BY_ADDRESS, REGISTRATIONS))
AT_ONCE = 5_000  # rows deleted in one transaction: on SQLite log-ins wait for it


def name_key(store: Store, username: str) -> str:
    """The digest by which everything about a name is counted."""
    return store.keyed("name", username_key(username[:1024]))


def login(store: Store, username: str, *, address: str, device: str | None) -> tuple[Bucket, ...]:
    """The buckets of a log-in. device: id of a known device of this user, else None."""
    name = name_key(store, username)
    if device is not None:
        return (Bucket(f"{name}/device/{device}", FEW),)
    here = store.keyed("address", subscriber(address))
    return (
        Bucket(here, BY_ADDRESS, cleared=False),
        Bucket(name, BY_NAME, cleared=False),
        Bucket(f"{name}/address/{here}", FEW),
    )


def password_change(store: Store, username: str, *, session: str, address: str) -> tuple[Bucket, ...]:
    """The buckets of a guess at the current password: by session, and by address, separate from log-ins."""
    here = store.keyed("password change", subscriber(address))
    return (Bucket(here, BY_ADDRESS, cleared=False), Bucket(f"{name_key(store, username)}/session/{session}", FEW))


def count_registration(store: Store, address: str) -> None:
    """Count one by its address; it is never reset. Raises Problem 429."""
    with store.writing() as connection:
        bucket = Bucket(store.keyed("registration", subscriber(address)), REGISTRATIONS)
        throttle.admit(connection, (bucket,), now=store.now(connection))


def unlock(store: Store, username: str, *, actor: str = "cli") -> str:
    """Reset the failures counted against a user; returns the subject. Raises 404."""
    with store.writing() as connection:
        user = people.by_name(connection, username)
        if user is None:
            raise Problem(Problems.NOT_FOUND, "There is no such user.")
        throttle.forget(connection, name_key(store, username))
        record(connection, Act(actor, "user.unlock", f"user:{user.subject}"), now=store.now(connection))
        return str(user.subject)


def delete_expired(store: Store, *, at_once: int = AT_ONCE) -> int:
    """Delete attempts that no limit counts now; returns how many rows. Log-ins proceed between its transactions."""
    deleted = 0
    while True:
        with store.writing() as connection:
            until = store.now(connection) - LONGEST_FORGET
            count = throttle.delete_older(connection, until=until, limit=at_once)
        deleted += count
        if count < at_once:
            return deleted
