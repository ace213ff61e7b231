"""Routes for other services. The front server does not forward them, and they need the service token."""

from typing import Annotated

import msgspec
from msgspec import Meta

from headwater.auth.store import Store
from headwater.contracts.cursors import RowId
from headwater.contracts.identity import IdentityChanges
from headwater.runtime.web.routes import NOT_STORED, Routes

routes = Routes(tag="operations")


class Since(msgspec.Struct, kw_only=True):
    """The position of the feed's reader."""

    since: Annotated[int, Meta(ge=0, le=2**63 - 1, description="`cursor` of the last answer; 0 returns everything")] = 0


Uses = dict[RowId, Annotated[int, Meta(ge=0, le=2**63 - 1)]]


@routes.get(
    "/internal/v1/identity/changes",
    permission="internal:read",
    query=Since,
    answer=IdentityChanges,
    headers=NOT_STORED,
)
def changes(query: Since, store: Store) -> IdentityChanges:
    """Keys, subjects and signing keys that changed."""
    return store.changes(query.since)


@routes.post("/internal/v1/identity/uses", permission="internal:read", body=Uses)
def uses(body: Uses, store: Store) -> None:
    """When keys were last used, by their ids, reported by services."""
    store.note_uses(body)
