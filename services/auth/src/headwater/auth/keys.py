"""API keys: made, listed, revoked. The secret is shown once and never stored."""

from collections.abc import Iterable

import sqlalchemy as sa

from headwater.auth.counting import next_number
from headwater.auth.faults import invalid
from headwater.auth.store import Store
from headwater.auth.tables import api_keys
from headwater.auth.trail import Act, record
from headwater.contracts.api.auth import CreatedKey, KeySummary
from headwater.contracts.permissions import EVERY_USER, NAMES, SERVICE_ONLY
from headwater.contracts.problems import Problems
from headwater.contracts.times import format_instant
from headwater.runtime import apikey
from headwater.runtime.problem import Problem

DAY = 86_400_000_000
LONGEST_DAYS = 365
KEY_PERMISSIONS = NAMES - SERVICE_ONLY - {EVERY_USER}


def create_key(
    store: Store,
    name: str,
    permissions: Iterable[str] = ("ingest:write",),
    prefixes: Iterable[str] = ("",),
    expires_days: int | None = LONGEST_DAYS,
    *,
    owner: str = "cli",
    actor: str = "cli",
) -> CreatedKey:
    """A new API key; its secret is in the answer and nowhere else. Raises Problem 422 with the field at fault.

    expires_days: 1 to 365; None, for the key that an embedded installation makes for itself, never expires.
    """
    held, where = sorted(set(permissions)), sorted(set(prefixes))
    _check_key(name, held, where, expires_days)
    made = apikey.mint()
    with store.writing() as connection:
        now = store.now(connection)
        row = {
            "id": made.id,
            "name": name,
            "digest": apikey.digest(store.pepper, made.secret),
            "permissions": held,
            "prefixes": where,
            "owner": owner,
            "created_at": now,
            "expires_at": None if expires_days is None else now + expires_days * DAY,
            "changed": next_number(connection, "identity"),
        }
        connection.execute(api_keys.insert().values(**row))
        detail = {"permissions": " ".join(held), "prefixes": " ".join(where)}
        record(connection, Act(actor, "key.create", f"key:{made.id}", detail=detail), now=now)
    return CreatedKey(
        id=made.id,
        name=name,
        permissions=held,
        prefixes=where,
        created_at=format_instant(now),
        expires_at=None if expires_days is None else format_instant(now + expires_days * DAY),
        secret=made.text(),
    )


def _check_key(name: str, permissions: list[str], prefixes: list[str], expires_days: int | None) -> None:
    if not 1 <= len(name) <= 100 or not name.isprintable():
        raise invalid("name", "Use 1 to 100 characters, none of them a control character.")
    unknown = [permission for permission in permissions if permission not in KEY_PERMISSIONS]
    if unknown or not permissions:
        said = f"A key cannot hold {unknown[0]!r}." if unknown else "Give one permission or more."
        raise invalid("permissions", f"{said} It may hold: {', '.join(sorted(KEY_PERMISSIONS))}.")
    if not 1 <= len(prefixes) <= 100 or any(len(prefix) > 1000 for prefix in prefixes):
        raise invalid("prefixes", 'Give 1 to 100 beginnings of namespaces; "" is every namespace.')
    if expires_days is not None and not 1 <= expires_days <= LONGEST_DAYS:
        raise invalid("expires_days", f"Use 1 to {LONGEST_DAYS} days.")


def revoke_key(store: Store, key_id: str, *, owner: str | None = None, actor: str = "cli") -> None:
    """End a key everywhere within seconds; again is no error. `owner`: whose it must be. Raises 404."""
    with store.writing() as connection:
        now = store.now(connection)
        number = next_number(connection, "identity")
        row = connection.execute(sa.select(api_keys).where(api_keys.c.id == key_id)).first()
        if row is None or (owner is not None and row.owner != owner):
            raise Problem(Problems.NOT_FOUND, "There is no such key, or you may not see it.")
        if row.revoked_at is not None:
            return
        gone = api_keys.update().where(api_keys.c.id == key_id).values(revoked_at=now, changed=number)
        connection.execute(gone)
        record(connection, Act(actor, "key.revoke", f"key:{key_id}"), now=now)


def list_keys(store: Store, *, owner: str | None = None, after: str = "", limit: int | None = None) -> list[KeySummary]:
    """Keys by id, secrets never. `owner`: only theirs; `after`: ids that come later."""
    asked = sa.select(api_keys).where(api_keys.c.id > after).order_by(api_keys.c.id)
    if owner is not None:
        asked = asked.where(api_keys.c.owner == owner)
    with store.reading() as connection:
        return [_key_summary(row) for row in connection.execute(asked.limit(limit) if limit else asked)]


def _key_summary(row: sa.Row[tuple[object, ...]]) -> KeySummary:
    held = row._mapping
    return KeySummary(
        id=held["id"],
        name=held["name"],
        permissions=held["permissions"],
        prefixes=held["prefixes"],
        created_at=format_instant(held["created_at"]),
        expires_at=None if held["expires_at"] is None else format_instant(held["expires_at"]),
        last_used_at=None if held["last_used_at"] is None else format_instant(held["last_used_at"]),
        revoked=held["revoked_at"] is not None,
    )
