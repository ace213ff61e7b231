"""The audit trail over HTTP."""

import flask

from headwater.auth import trail
from headwater.auth.store import Store
from headwater.contracts.api.audit import AuditEntry, AuditFilter, AuditPage
from headwater.contracts.cursors import CursorOf, Whole
from headwater.contracts.problems import Problems
from headwater.contracts.times import format_instant, parse_instant
from headwater.runtime.problem import Problem
from headwater.runtime.web import answer, documented, permission, query

PLACES = CursorOf("audit", tuple[Whole])


def audit_blueprint(store: Store) -> flask.Blueprint:
    """Routes below /api/v1/audit."""
    bp = flask.Blueprint("audit", __name__, url_prefix="/api/v1/audit")

    @bp.get("")
    @permission("audit:read")
    @documented(query=AuditFilter, answer={200: AuditPage})
    def listed() -> flask.Response:
        """Who did what, newest first."""
        asked = query(AuditFilter)
        exact = {name: getattr(asked, name) for name in ("actor", "action", "object", "outcome")}
        selected = (exact, asked.from_, asked.to)
        place = PLACES.read(asked.cursor, selected)
        with store.reading() as connection:
            found = trail.newest(
                connection,
                exact={name: value for name, value in exact.items() if value is not None},
                since=_moment("from", asked.from_),
                until=_moment("to", asked.to),
                before=None if place is None else place[0],
                limit=asked.limit + 1,
            )
        items = [entry(sealed) for sealed in found[: asked.limit]]
        more = PLACES.write((items[-1].seq,), selected) if len(found) > asked.limit else None
        return answer(AuditPage(items=items, next_cursor=more), headers={"Cache-Control": "no-store"})

    return bp


def _moment(field: str, text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return parse_instant(text)
    except ValueError as error:
        wrong = [{"field": field, "message": str(error)}]
        raise Problem(Problems.INVALID_QUERY, f"{field}: {error}", errors=wrong) from None


def entry(sealed: trail.Sealed) -> AuditEntry:
    """A record as readers of the trail see it."""
    event = sealed.event
    return AuditEntry(
        seq=sealed.seq,
        id=event.id,
        at=format_instant(event.at),
        actor=event.actor,
        action=event.action,
        object=event.object,
        outcome=event.outcome,
        service=event.service,
        detail=event.detail,
        previous=sealed.previous,
        digest=sealed.digest,
    )
