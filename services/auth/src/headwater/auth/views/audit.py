"""The audit trail over HTTP."""

from headwater.auth import trail
from headwater.auth.store import Store
from headwater.contracts.api.audit import AuditEntry, AuditFilter, AuditPage
from headwater.contracts.cursors import CursorOf, Whole
from headwater.contracts.problems import Problems
from headwater.contracts.times import format_instant, parse_instant
from headwater.runtime.web.problem import Problem
from headwater.runtime.web.routes import NOT_STORED, Routes

PLACES = CursorOf("audit", tuple[Whole])

routes = Routes(tag="audit")


@routes.get("/api/v1/audit", permission="audit:read", query=AuditFilter, answer=AuditPage, headers=NOT_STORED)
def listed(query: AuditFilter, store: Store) -> AuditPage:
    """Who did what, newest first."""
    exact = {name: getattr(query, name) for name in ("actor", "action", "object", "outcome")}
    selected = (exact, query.from_, query.to)
    place = PLACES.read(query.cursor, selected)
    with store.reading() as connection:
        found = trail.newest(
            connection,
            exact={name: value for name, value in exact.items() if value is not None},
            since=_moment("from", query.from_),
            until=_moment("to", query.to),
            before=None if place is None else place[0],
            limit=query.limit + 1,
        )
    items = [entry(sealed) for sealed in found[: query.limit]]
    more = PLACES.write((items[-1].seq,), selected) if len(found) > query.limit else None
    return AuditPage(items=items, next_cursor=more)


def _moment(field: str, text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return parse_instant(text)
    except ValueError as error:
        wrong = [{"field": field, "message": str(error)}]
        raise Problem(Problems.INVALID_QUERY, f"{field}: {error}", errors=wrong) from None


def entry(sealed: trail.Sealed) -> AuditEntry:
    """A record for readers of the trail."""
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
