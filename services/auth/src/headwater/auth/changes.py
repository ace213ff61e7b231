"""The identity feed: keys, subjects and epochs for other services."""

from collections import defaultdict

import sqlalchemy as sa

from headwater.auth import key_rows
from headwater.auth.counting import number
from headwater.auth.signing import jwks
from headwater.auth.tables import bindings, users
from headwater.contracts.identity import Binding, IdentityChanges, SubjectRecord


def changes(connection: sa.Connection, since: int, *, pepper_id: str) -> IdentityChanges:
    """Keys and subjects written after `since`, all signing keys, and the cursor for the next time.

    A `since` from the future belongs to another database: then everything is returned.
    """
    cursor = number(connection, "identity")
    if since > cursor:
        since = 0
    return IdentityChanges(
        cursor=cursor,
        jwks=jwks(connection),
        pepper_id=pepper_id,
        keys=key_rows.changed(connection, since),
        subjects=_subjects(connection, since),
    )


def _subjects(connection: sa.Connection, since: int) -> list[SubjectRecord]:
    held: dict[str, list[Binding]] = defaultdict(list)
    of_changed = sa.select(bindings).join(users, users.c.subject == bindings.c.subject).where(users.c.changed > since)
    for row in connection.execute(of_changed.order_by(bindings.c.role, bindings.c.prefix)):
        held[row.subject].append(Binding(row.role, row.prefix))
    changed = sa.select(users).where(users.c.changed > since).order_by(users.c.subject)
    return [
        SubjectRecord(
            subject=row.subject, epoch=row.epoch, disabled=row.disabled, bindings=tuple(held.get(row.subject, ()))
        )
        for row in connection.execute(changed)
    ]
