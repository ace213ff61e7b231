"""API keys: created, listed, revoked. The secret is shown once and never stored."""

from collections.abc import Iterable
from typing import NamedTuple

import msgspec
import sqlalchemy as sa

from headwater.auth import key_rows, people
from headwater.auth.authority import CLI, KEY, Acting, Actor, Refusal, account_holdings, acting, held_by
from headwater.auth.counting import next_number
from headwater.auth.store import Store
from headwater.auth.tables import api_keys
from headwater.auth.trail import Act, record
from headwater.contracts.api.auth import CreatedKey, KeySummary
from headwater.contracts.holdings import ANNOTATE, DEEPEST, Holdings, given, line_of, missing
from headwater.contracts.identity import INSTALLATION, USER, ApiKeyRecord
from headwater.contracts.permissions import EVERY_USER, NAMES, SERVICE_ONLY, UNSCOPED
from headwater.contracts.problems import Problems
from headwater.runtime.identity import apikey
from headwater.runtime.web.problem import Problem, invalid

DAY = 86_400_000_000
LONGEST_DAYS = 365
KEY_PERMISSIONS = NAMES - SERVICE_ONLY - {EVERY_USER}


class _Place(NamedTuple):
    """The owner of a new key: its account, its parent key, and the moment at which the parent ends."""

    owner: str
    parent: str | None = None
    until: int | None = None


def create_key(
    store: Store,
    name: str,
    permissions: Iterable[str] = ("ingest:write",),
    prefixes: Iterable[str] = ("",),
    expires_days: int | None = LONGEST_DAYS,
    *,
    annotate: Iterable[str] = (),
    owner: people.Target | None = None,
    actor: Actor = CLI,
) -> CreatedKey:
    """Create an API key; its secret is returned and not stored. Raises Problem 422 with the wrong field, 403.

    expires_days: 1 to 365; None, for the keys that an installation creates for itself, never expires.
    annotate: prefixes of namespaces whose datasets the key may annotate; the permission `dataset:annotate` adds the
    key's own prefixes to them.
    owner: of the key; None: the actor, on the command line the installation. A key creates keys for its own owner, and
    they end with it.
    """
    made = apikey.mint()
    key = ApiKeyRecord(
        id=made.id,
        digest=apikey.digest(store.pepper, made.secret),
        owner="",
        permissions=tuple(sorted(set(permissions))),
        prefixes=tuple(sorted(set(prefixes))),
        annotate=tuple(sorted(set(annotate))),
    )
    _check_key(name, key, expires_days)
    key = _annotation_apart(key)
    with acting(store, actor, "key.create", "keys") as act:
        _need_key_manage(act)
        place = _place(act, owner)
        act.need(given(key))
        _refuse_more_than_owned(account_holdings(act.connection, place.owner), key)
        end = _end(act.now, expires_days, place.until)
        key = msgspec.structs.replace(key, owner=place.owner, parent=place.parent, expires_at=end)
        key_rows.insert(act.connection, name, key, now=act.now)
        act.thing = KEY + key.id
        act.record("key.create", _detail(key))
        summary = key_rows.summary_of(act.connection, key.id, act.now)
    return CreatedKey(secret=made.text(), **{field: getattr(summary, field) for field in KeySummary.__struct_fields__})


def _annotation_apart(key: ApiKeyRecord) -> ApiKeyRecord:
    """The same key with `dataset:annotate` only in `annotate`."""
    rest = tuple(name for name in key.permissions if name != ANNOTATE)
    return msgspec.structs.replace(key, permissions=rest, annotate=given(key).get(ANNOTATE, ()))


def _check_key(name: str, key: ApiKeyRecord, expires_days: int | None) -> None:
    if not 1 <= len(name) <= 100 or not name.isprintable():
        raise invalid("name", "Use 1 to 100 characters, none of them a control character.")
    unknown = [permission for permission in key.permissions if permission not in KEY_PERMISSIONS]
    if unknown or not key.permissions:
        reason = f"A key cannot hold {unknown[0][:100]!r}." if unknown else "Give one permission or more."
        raise invalid("permissions", f"{reason} It may hold: {', '.join(sorted(KEY_PERMISSIONS))}.")
    for field, least in (("prefixes", 1), ("annotate", 0)):
        named = getattr(key, field)
        if not least <= len(named) <= 100 or any(len(prefix) > 1000 for prefix in named):
            raise invalid(field, f'Give {least} to 100 prefixes of namespaces; "" is every namespace.')
    whole = sorted(UNSCOPED.intersection(key.permissions))
    if whole and "" not in key.prefixes:
        raise invalid("permissions", f"{whole[0]} is not limited by namespace: leave it out, or give the prefix ''.")
    if expires_days is not None and not 1 <= expires_days <= LONGEST_DAYS:
        raise invalid("expires_days", f"Use 1 to {LONGEST_DAYS} days.")


def _need_key_manage(act: Acting) -> None:
    if not act.holds("key:manage"):
        raise Refusal(Problems.FORBIDDEN, "This needs the permission key:manage.")


def _place(act: Acting, owner: people.Target | None) -> _Place:
    """Raises Refusal when the chain of keys is too long, 404 or 422 when the owner cannot have one."""
    if owner is not None:
        user = people.found(act.connection, owner)
        if user.disabled:
            raise invalid("owner", "This user is disabled.")
        act.need_no_less_than(f"{USER}{user.subject}")
        return _Place(f"{USER}{user.subject}")
    if not act.actor.limited:
        return _Place(INSTALLATION)
    if act.actor.name.startswith(USER):
        return _Place(act.actor.name)
    maker = key_rows.known(act.connection, act.actor.name.removeprefix(KEY))
    assert maker is not None  # its permissions were read above
    line = line_of(maker, lambda key_id: key_rows.known(act.connection, key_id))
    if len(line) >= DEEPEST:
        raise Refusal(Problems.FORBIDDEN, f"A chain of keys created by keys may have at most {DEEPEST} keys.")
    return _Place(maker.owner, maker.id, maker.expires_at)


def _end(now: int, days: int | None, parents_end: int | None) -> int | None:
    """The earlier of the requested end and that of the parent key; None: never."""
    ends = [parents_end, None if days is None else now + days * DAY]
    return min((end for end in ends if end is not None), default=None)


def _detail(key: ApiKeyRecord) -> dict[str, str]:
    return {
        "permissions": " ".join(key.permissions),
        "prefixes": " ".join(key.prefixes),
        "annotate": " ".join(prefix or "*" for prefix in key.annotate),
        "owner": key.owner,
    }


def _refuse_more_than_owned(held: Holdings, key: ApiKeyRecord) -> None:
    lack = missing(given(key), held)
    if lack is not None:
        where = f"on {lack[1]!r}" if lack[1] else "on every namespace"
        field = "annotate" if lack[0] == ANNOTATE else "permissions"
        raise invalid(field, f"The owner does not hold {lack[0]} {where}.")


def revoke_key(store: Store, key_id: str, *, actor: Actor = CLI) -> None:
    """Revoke a key, and the keys created with it, everywhere within seconds. Idempotent.

    Raises 404 for a key that the actor may not see, 403 for one of somebody who holds more.
    """
    with acting(store, actor, "key.revoke", f"{KEY}{key_id}"[:200]) as act:
        _need_key_manage(act)
        key = key_rows.known(act.connection, key_id)
        if key is None or not (_is_own(act, key) or act.holds("user:manage")):
            raise Problem(Problems.NOT_FOUND, "There is no such key, or you may not see it.")
        if not _is_own(act, key):
            act.need_no_less_than(key.owner)
        alive = api_keys.c.revoked_at.is_(None)
        line = sa.or_(api_keys.c.id == key_id, api_keys.c.id.in_(key_rows.below(key_id)))
        number = next_number(act.connection, "identity")
        gone = api_keys.update().where(alive, line).values(revoked_at=act.now, changed=number)
        for ended in sorted(act.connection.execute(gone.returning(api_keys.c.id)).scalars()):
            because = {} if ended == key_id else {"with": f"{KEY}{key_id}"}
            record(act.connection, Act(actor.name, "key.revoke", KEY + ended, detail=because), now=act.now)


def _is_own(act: Acting, key: ApiKeyRecord) -> bool:
    return not act.actor.limited or bool(
        act.connection.execute(sa.select(api_keys.c.id).where(api_keys.c.id == key.id, _own(act.actor))).first()
    )


def _own(actor: Actor) -> sa.ColumnElement[bool]:
    """The keys of a user are those of the account; the keys of a key are its descendants."""
    if actor.name.startswith(KEY):
        return api_keys.c.id.in_(key_rows.below(actor.name.removeprefix(KEY)))
    return api_keys.c.owner == actor.name


def list_keys(store: Store, *, actor: Actor = CLI, after: str = "", limit: int | None = None) -> list[KeySummary]:
    """Keys by id, secrets never: the actor's own; those who manage users see everybody's. Raises 403.

    after: ids that come later.
    """
    with store.reading() as connection:
        now = store.now(connection)
        everybodys = not actor.limited or "user:manage" in held_by(connection, actor.name, now)
        return key_rows.listed(connection, None if everybodys else _own(actor), after=after, limit=limit, now=now)
