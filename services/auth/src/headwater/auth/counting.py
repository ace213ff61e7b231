"""Numbers that grow by one, in the order in which their transactions commit."""

import sqlalchemy as sa

from headwater.auth.tables import counters


def next_number(connection: sa.Connection, name: str) -> int:
    """The next number; the row stays locked until the transaction ends, so no other gets ahead."""
    grown = (
        counters.update().where(counters.c.name == name).values(value=counters.c.value + 1).returning(counters.c.value)
    )
    return int(connection.execute(grown).scalar_one())


def number(connection: sa.Connection, name: str) -> int:
    return int(connection.execute(sa.select(counters.c.value).where(counters.c.name == name)).scalar_one())
