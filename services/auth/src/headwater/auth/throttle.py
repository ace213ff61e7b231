"""Throttling of guesses: attempts count in the database before any hash is computed, and are reset after a success."""

from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa

from headwater.auth.tables import attempts
from headwater.contracts.problems import Problems
from headwater.runtime.storage.database import insert_into
from headwater.runtime.web.problem import Problem

SECOND = 1_000_000


class Limit(NamedTuple):
    """`free` failures cost nothing; each further one doubles the wait from one second up to `longest`.

    Failures expire `forget` microseconds after the last.
    """

    free: int
    longest: int = 900 * SECOND
    forget: int = 900 * SECOND


class Bucket(NamedTuple):
    """Where attempts are counted. `cleared`: a success resets all of them; else only its own."""

    key: str
    limit: Limit
    cleared: bool = True


def admit(connection: sa.Connection, buckets: Sequence[Bucket], *, now: int) -> None:
    """Count an attempt in each bucket before its outcome is known.

    Raises Problem 429 while one of them makes the caller wait; it must propagate out of the transaction, which then
    counts nothing. Rows stay locked until the transaction ends, in the order of `buckets`, so that parallel attempts
    cannot bypass the limit.
    """
    wait = max(_wait_left(_locked(connection, bucket, now), bucket.limit, now=now) for bucket in buckets)
    if wait > 0:
        seconds = str(-(-wait // SECOND))
        raise Problem(Problems.THROTTLED, f"Try again in {seconds} s.", headers={"Retry-After": seconds})
    for bucket in buckets:
        forgotten = attempts.c.last_at <= now - bucket.limit.forget
        counted = sa.case((forgotten, 1), else_=attempts.c.failures + 1)
        connection.execute(_row(bucket).values(failures=counted, last_at=now))


def succeed(connection: sa.Connection, buckets: Sequence[Bucket]) -> None:
    """After a success: reset failures, or only the attempt counted before."""
    for bucket in buckets:
        if bucket.cleared:
            connection.execute(attempts.delete().where(attempts.c.bucket == bucket.key))
        else:
            less = sa.case((attempts.c.failures > 0, attempts.c.failures - 1), else_=0)
            connection.execute(_row(bucket).values(failures=less))


def forget(connection: sa.Connection, key: str) -> None:
    """Reset what was counted for `key` and for every key that begins with `key` and a slash."""
    below = attempts.c.bucket.startswith(f"{key}/", autoescape=True)
    connection.execute(attempts.delete().where(sa.or_(attempts.c.bucket == key, below)))


def delete_older(connection: sa.Connection, *, until: int, limit: int) -> int:
    """Delete up to `limit` buckets whose last attempt was at or before `until`; returns how many.

    A bucket that another transaction holds is left for the next time: waiting for it could deadlock with a log-in,
    which takes several.
    """
    old = sa.select(attempts.c.bucket).where(attempts.c.last_at <= until).limit(limit).with_for_update(skip_locked=True)
    # A CTE, so that PostgreSQL chooses and locks the rows once.
    chosen = old.cte("old")
    gone = attempts.delete().where(attempts.c.bucket.in_(sa.select(chosen.c.bucket)))
    return len(connection.execute(gone.returning(attempts.c.bucket)).all())


def penalty(failures: int, limit: Limit) -> int:
    """The wait after a number of failures."""
    beyond = failures - limit.free
    return 0 if beyond < 0 else min(limit.longest, SECOND << min(beyond, 20))


class _Counted(NamedTuple):
    failures: int
    last_at: int


def _locked(connection: sa.Connection, bucket: Bucket, now: int) -> _Counted:
    """The content of the bucket, locked until this transaction ends."""
    row = insert_into(connection, attempts).values(bucket=bucket.key, failures=0, last_at=now)
    same = row.on_conflict_do_update(index_elements=["bucket"], set_={"failures": attempts.c.failures})
    return _Counted(*connection.execute(same.returning(attempts.c.failures, attempts.c.last_at)).one())


def _wait_left(counted: _Counted, limit: Limit, *, now: int) -> int:
    """Microseconds until the next attempt may be made; 0 when it may be made now."""
    if counted.failures < limit.free or now - counted.last_at >= limit.forget:
        return 0
    return max(0, counted.last_at + penalty(counted.failures, limit) - now)


def _row(bucket: Bucket) -> sa.Update:
    return attempts.update().where(attempts.c.bucket == bucket.key)
