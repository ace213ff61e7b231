"""Rows of API keys, read inside the caller's transaction."""

from typing import Literal

import sqlalchemy as sa

from headwater.auth.counting import next_number
from headwater.auth.tables import api_keys, users
from headwater.contracts.api.auth import KeySummary
from headwater.contracts.identity import USER, ApiKeyRecord
from headwater.contracts.times import format_instant

Row = sa.Row[tuple[object, ...]]


def known(connection: sa.Connection, key_id: str) -> ApiKeyRecord | None:
    """A key in the identity feed."""
    row = connection.execute(sa.select(api_keys).where(api_keys.c.id == key_id)).first()
    return None if row is None else record_of(row)


def changed(connection: sa.Connection, since: int) -> list[ApiKeyRecord]:
    """Keys written after change number `since`."""
    found = sa.select(api_keys).where(api_keys.c.changed > since).order_by(api_keys.c.id)
    return [record_of(row) for row in connection.execute(found)]


def insert(connection: sa.Connection, name: str, key: ApiKeyRecord, *, now: int) -> None:
    """Insert a key; it is published in the identity feed."""
    connection.execute(
        api_keys.insert().values(
            id=key.id,
            name=name,
            digest=key.digest,
            permissions=list(key.permissions),
            prefixes=list(key.prefixes),
            annotate=list(key.annotate),
            owner=key.owner,
            parent=key.parent,
            created_at=now,
            expires_at=key.expires_at,
            changed=next_number(connection, "identity"),
        )
    )


def record_of(row: Row) -> ApiKeyRecord:
    held = row._mapping
    return ApiKeyRecord(
        id=held["id"],
        digest=held["digest"],
        owner=held["owner"],
        permissions=tuple(held["permissions"]),
        prefixes=tuple(held["prefixes"]),
        annotate=tuple(held["annotate"]),
        parent=held["parent"],
        expires_at=held["expires_at"],
        revoked=held["revoked_at"] is not None,
    )


def below(key_id: str) -> sa.Select[tuple[str]]:
    """Ids of the keys created with a key, with those keys, and so on."""
    line = sa.select(api_keys.c.id).where(api_keys.c.parent == key_id).cte("below", recursive=True)
    line = line.union(sa.select(api_keys.c.id).join(line, api_keys.c.parent == line.c.id))
    return sa.select(line.c.id)


def listed(
    connection: sa.Connection, mine: sa.ColumnElement[bool] | None, *, after: str, limit: int | None, now: int
) -> list[KeySummary]:
    """Keys that come after id `after`, by id; `mine`: only these."""
    owner = api_keys.c.owner == sa.literal(USER) + users.c.subject
    asked = sa.select(api_keys, users.c.username, users.c.disabled).outerjoin(users, owner)
    asked = asked.where(api_keys.c.id > after).order_by(api_keys.c.id).limit(limit)
    rows = connection.execute(asked if mine is None else asked.where(mine))
    return [_summary(row, now) for row in rows]


def summary_of(connection: sa.Connection, key_id: str, now: int) -> KeySummary:
    """One key for lists."""
    (found,) = listed(connection, api_keys.c.id == key_id, after="", limit=1, now=now)
    return found


def _summary(row: Row, now: int) -> KeySummary:
    held = row._mapping
    return KeySummary(
        id=held["id"],
        name=held["name"],
        owner=held["owner"],
        owner_name=held["username"],
        parent=held["parent"],
        permissions=held["permissions"],
        prefixes=held["prefixes"],
        annotate=held["annotate"],
        created_at=format_instant(held["created_at"]),
        expires_at=None if held["expires_at"] is None else format_instant(held["expires_at"]),
        last_used_at=None if held["last_used_at"] is None else format_instant(held["last_used_at"]),
        revoked=held["revoked_at"] is not None,
        state=_state(row, now),
    )


def _state(row: Row, now: int) -> Literal["active", "revoked", "expired", "owner disabled"]:
    """Whether the key is valid. Its parent lasts at least as long, and is revoked with its children."""
    held = row._mapping
    if held["revoked_at"] is not None:
        return "revoked"
    if held["expires_at"] is not None and held["expires_at"] <= now:
        return "expired"
    return "owner disabled" if held["disabled"] else "active"
