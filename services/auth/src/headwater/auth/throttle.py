"""Guessing made slow: failures counted by name and by address, in the database, before any hash is computed."""

from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from headwater.auth.tables import attempts

SECOND = 1_000_000


class Limit(NamedTuple):
    """`free` failures cost nothing; each further one doubles the wait from a second up to `longest`.

    Failures are forgotten `forget` microseconds after the last.
    """

    free: int
    longest: int = 900 * SECOND
    forget: int = 900 * SECOND


BY_NAME = Limit(free=5)
BY_ADDRESS = Limit(free=50, longest=60 * SECOND)


def wait_left(connection: sa.Connection, bucket: str, limit: Limit, *, now: int) -> int:
    """Microseconds until the next attempt may be made; 0 when it may be made now."""
    row = connection.execute(sa.select(attempts).where(attempts.c.bucket == bucket)).first()
    if row is None or row.failures < limit.free or now - row.last_at >= limit.forget:
        return 0
    return max(0, int(row.last_at) + penalty(int(row.failures), limit) - now)


def penalty(failures: int, limit: Limit) -> int:
    """How long to wait after so many failures."""
    beyond = failures - limit.free
    return 0 if beyond < 0 else min(limit.longest, SECOND << min(beyond, 20))


def count(connection: sa.Connection, bucket: str, limit: Limit, *, now: int) -> None:
    """One attempt more, in one statement: parallel attempts cannot slip past one another."""
    insert = postgresql_insert if connection.dialect.name == "postgresql" else sqlite_insert
    first = insert(attempts).values(bucket=bucket, failures=1, last_at=now)
    forgotten = attempts.c.last_at <= now - limit.forget
    counted = sa.case((forgotten, 1), else_=attempts.c.failures + 1)
    connection.execute(
        first.on_conflict_do_update(index_elements=["bucket"], set_={"failures": counted, "last_at": now})
    )


def forgive(connection: sa.Connection, bucket: str, *, all_of_them: bool) -> None:
    """After a success: forget the failures of a name, or take back the one that was counted ahead."""
    if all_of_them:
        connection.execute(attempts.delete().where(attempts.c.bucket == bucket))
    else:
        less = sa.case((attempts.c.failures > 0, attempts.c.failures - 1), else_=0)
        connection.execute(attempts.update().where(attempts.c.bucket == bucket).values(failures=less))
