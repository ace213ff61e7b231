"""Numbers that grow by one, in the order in which their transactions commit."""

import sqlalchemy as sa

from headwater.auth.tables import counters


def next_number(connection: sa.Connection, name: str) -> int:
    """The next number; the row stays locked until the transaction ends, so no other gets ahead."""
    return take(connection, name, 1)


def take(connection: sa.Connection, name: str, count: int) -> int:
    """The first of the next `count` numbers; the row stays locked as in `next_number`, also for a count of 0."""
    grown = counters.update().where(counters.c.name == name).values(value=counters.c.value + count)
    last = connection.execute(grown.returning(counters.c.value)).scalar_one()
    return int(last) - count + 1


def number(connection: sa.Connection, name: str) -> int:
    return int(connection.execute(sa.select(counters.c.value).where(counters.c.name == name)).scalar_one())
