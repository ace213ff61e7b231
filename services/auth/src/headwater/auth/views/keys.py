"""API keys over HTTP: one's own, and for those who manage users everybody's."""

from typing import Annotated

import flask
import msgspec
from msgspec import Meta

from headwater.auth.authority import Actor
from headwater.auth.keys import create_key, list_keys, revoke_key
from headwater.auth.store import Store
from headwater.contracts.api.auth import CreatedKey, KeyPage, NewKey
from headwater.contracts.cursors import CursorOf, CursorText, RowId
from headwater.contracts.identity import USER
from headwater.runtime.principal import Principal
from headwater.runtime.web import answer, body, current_principal, documented, permission, query

PLACES = CursorOf("keys", tuple[RowId])


class Page(msgspec.Struct, kw_only=True):
    """A piece of a list."""

    limit: Annotated[int, Meta(ge=1, le=200, description="how many at most")] = 50
    cursor: CursorText | None = None

    def after(self, places: CursorOf[tuple[str, ...]]) -> str:
        """The id of the last row shown; empty before the first page. Raises CursorRefused."""
        place = places.read(self.cursor)
        return "" if place is None else place[0]


def keys_blueprint(store: Store) -> flask.Blueprint:
    """Routes below /api/v1/keys."""
    bp = flask.Blueprint("keys", __name__, url_prefix="/api/v1/keys")

    @bp.get("")
    @permission("key:manage")
    @documented(query=Page, answer={200: KeyPage})
    def listed() -> flask.Response:
        """Keys and whose they are, secrets never."""
        asked = query(Page)
        found = list_keys(store, actor=actor_of(current_principal()), after=asked.after(PLACES), limit=asked.limit + 1)
        items = found[: asked.limit]
        more = PLACES.write((items[-1].id,)) if len(found) > asked.limit else None
        return answer(KeyPage(items=items, next_cursor=more))

    @bp.post("")
    @permission("key:manage")
    @documented(body=NewKey, answer={201: CreatedKey})
    def create() -> flask.Response:
        """A new key; the answer is the only place where its secret ever stands."""
        asked = body(NewKey)
        made = create_key(
            store,
            asked.name,
            asked.permissions,
            asked.prefixes,
            asked.expires_days,
            annotate=asked.annotate,
            actor=actor_of(current_principal()),
        )
        return answer(made, 201, {"Cache-Control": "no-store"})

    @bp.delete("/<key>")
    @permission("key:manage")
    @documented(answer={204: None})
    def revoke(key: str) -> flask.Response:
        """End a key, and those made with it, everywhere within seconds."""
        revoke_key(store, key, actor=actor_of(current_principal()))
        return flask.Response(status=204)

    return bp


def actor_of(principal: Principal) -> Actor:
    """Who acts. What they may is not taken from the viewer, which may be some seconds old, but from the database."""
    return Actor(principal.subject if principal.kind == "key" else f"{USER}{principal.subject}")
