"""Changing one's own password."""

from headwater.auth import attempts, people, rules, throttle
from headwater.auth.authority import Refusal
from headwater.auth.store import Store
from headwater.auth.trail import Act, record
from headwater.contracts.problems import Problems
from headwater.runtime.web.problem import invalid


def change_password(store: Store, subject: str, current: str, new: str, *, session: str, address: str) -> None:
    """Set a new password; the current one is needed, sessions other than `session` end.

    Raises 403 when the current one is wrong, 422 when the new one is refused, 429 after too many wrong ones, 503 when
    too many hash at once.
    """
    act = Act(f"user:{subject}", "password.change", f"user:{subject}")
    with store.hasher.slot() as hashing:
        with store.writing() as connection:
            user = people.by_subject(connection, subject)
            username = "" if user is None else str(user.username)
            buckets = attempts.password_change(store, username, session=session, address=address)
            throttle.admit(connection, buckets, now=store.now(connection))
        right, _ = hashing.verify(current, None if user is None else str(user.password_hash))
        if not right:
            with store.writing() as connection:
                record(connection, act._replace(outcome="refused"), now=store.now(connection))
            wrong = [{"field": "current", "message": "Wrong."}]
            raise Refusal(Problems.FORBIDDEN, "The current password is wrong.", errors=wrong)
        with store.writing() as connection:
            throttle.succeed(connection, buckets)
        fault = rules.password_fault(new, username=username)
        if fault is not None:
            raise invalid("new", fault)
        hashed = hashing.hash(new)
        with store.writing() as connection:
            now = store.now(connection)
            people.revoke_tokens(connection, subject, password_hash=hashed)
            people.end_sessions(connection, subject, now=now, spare=session)
            record(connection, act, now=now)
