"""What other services ask of auth."""

from typing import Annotated

import flask
import msgspec
from msgspec import Meta

from headwater.auth.store import Store
from headwater.contracts.cursors import RowId
from headwater.contracts.identity import IdentityChanges
from headwater.runtime.web import answer, body, documented, permission, query


class Since(msgspec.Struct, kw_only=True):
    """Where the principal stands."""

    since: Annotated[int, Meta(ge=0, le=2**63 - 1, description="`cursor` of the last answer; 0 returns everything")] = 0


Uses = dict[RowId, Annotated[int, Meta(ge=0, le=2**63 - 1)]]


def internal_blueprint(store: Store) -> flask.Blueprint:
    """Routes below /internal: the front server does not pass them on, and they need the service token."""
    bp = flask.Blueprint("internal", __name__, url_prefix="/internal/v1/identity")

    @bp.get("/changes")
    @permission("internal:read")
    @documented(query=Since, answer={200: IdentityChanges})
    def changes() -> flask.Response:
        """Keys, subjects and signing keys that changed."""
        return answer(store.changes(query(Since).since), headers={"Cache-Control": "no-store"})

    @bp.post("/uses")
    @permission("internal:read")
    @documented(body=Uses, answer={204: None})
    def uses() -> flask.Response:
        """When keys were last used, by their ids: services tell what they saw."""
        store.note_uses(body(Uses))
        return flask.Response(status=204)

    return bp
