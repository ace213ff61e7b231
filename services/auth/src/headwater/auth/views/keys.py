"""API keys over HTTP: one's own, and everybody's for those who manage users."""

from typing import Annotated

import msgspec
from msgspec import Meta

from headwater.auth.authority import Actor
from headwater.auth.keys import create_key, list_keys, revoke_key
from headwater.auth.store import Store
from headwater.contracts.api.auth import CreatedKey, KeyPage, NewKey
from headwater.contracts.cursors import CursorOf, CursorText, RowId
from headwater.contracts.identity import USER
from headwater.runtime.identity.principal import Principal
from headwater.runtime.web.routes import NOT_STORED, Routes

PLACES = CursorOf("keys", tuple[RowId])

routes = Routes(tag="keys")


class Page(msgspec.Struct, kw_only=True):
    """A page of a list."""

    limit: Annotated[int, Meta(ge=1, le=200, description="maximum number of items")] = 50
    cursor: CursorText | None = None

    def after(self, places: CursorOf[tuple[str, ...]]) -> str:
        """The id of the last row shown; empty before the first page. Raises CursorRefused."""
        place = places.read(self.cursor)
        return "" if place is None else place[0]


@routes.get("/api/v1/keys", permission="key:manage", query=Page, answer=KeyPage)
def listed(query: Page, principal: Principal, store: Store) -> KeyPage:
    """Keys and their owners, without secrets."""
    found = list_keys(store, actor=actor_of(principal), after=query.after(PLACES), limit=query.limit + 1)
    items = found[: query.limit]
    more = PLACES.write((items[-1].id,)) if len(found) > query.limit else None
    return KeyPage(items=items, next_cursor=more)


@routes.post(
    "/api/v1/keys",
    permission="key:manage",
    body=NewKey,
    answer=CreatedKey,
    status=201,
    headers=NOT_STORED,
    example={"body": {"name": "nightly pipeline", "permissions": ["ingest:write"], "prefixes": ["airflow"]}},
)
def create(body: NewKey, principal: Principal, store: Store) -> CreatedKey:
    """Create a key; only this response contains its secret."""
    return create_key(
        store,
        body.name,
        body.permissions,
        body.prefixes,
        body.expires_days,
        annotate=body.annotate,
        actor=actor_of(principal),
    )


@routes.delete("/api/v1/keys/<key>", permission="key:manage", example={"path": {"key": "{key}"}})
def revoke(key: str, principal: Principal, store: Store) -> None:
    """Revoke a key, and those created with it, everywhere within seconds."""
    revoke_key(store, key, actor=actor_of(principal))


def actor_of(principal: Principal) -> Actor:
    """The actor. Permissions are not taken from the principal, which may be some seconds old, but from the database."""
    return Actor(principal.subject if principal.kind == "key" else f"{USER}{principal.subject}")
