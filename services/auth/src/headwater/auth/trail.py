"""The audit trail: one row per action, each chained to the one before by its digest.

Actions of auth are written in their own transaction; those of other services arrive over the bus.
"""

import hashlib
import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec
import sqlalchemy as sa

from headwater.auth.counting import take
from headwater.auth.tables import audit
from headwater.contracts.audit import AuditEvent

START = "0" * 64
COUNTER = "audit"
_ENCODER = msgspec.json.Encoder(order="deterministic")


class Act(NamedTuple):
    """Who did what to which object. All are opaque references; `detail` holds no names or addresses of people."""

    actor: str
    action: str
    object: str
    outcome: str = "done"
    detail: Mapping[str, str] = {}


def record(connection: sa.Connection, act: Act, *, now: int, service: str = "auth") -> None:
    """Append one row. The counter's lock serialises the chain until the transaction ends."""
    event = AuditEvent(
        id=secrets.token_hex(16),
        at=now,
        actor=act.actor,
        action=act.action,
        object=act.object,
        outcome=act.outcome,
        service=service,
        detail=dict(act.detail),
    )
    _append(connection, [event])


def append(connection: sa.Connection, events: Iterable[AuditEvent]) -> int:
    """Append the events that the trail does not have yet, by event id; returns how many.

    Appending requires the counter's lock, so events missing here stay missing until they are written.
    """
    take(connection, COUNTER, 0)
    wanted = {event.id: event for event in events}
    held = set(connection.execute(sa.select(audit.c.id).where(audit.c.id.in_(wanted))).scalars())
    fresh = [event for event in wanted.values() if event.id not in held]
    if fresh:
        _append(connection, fresh)
    return len(fresh)


def _append(connection: sa.Connection, events: Sequence[AuditEvent]) -> None:
    first = take(connection, COUNTER, len(events))
    before = connection.execute(sa.select(audit.c.digest).where(audit.c.seq == first - 1)).scalar()
    previous = before or START
    rows = []
    for seq, event in enumerate(events, first):
        digest = sealed(seq, previous, event)
        row = msgspec.structs.asdict(event) | {"detail": _ENCODER.encode(event.detail).decode()}
        rows.append(row | {"seq": seq, "previous": previous, "digest": digest})
        previous = digest
    connection.execute(audit.insert(), rows)


def sealed(seq: int, previous: str, event: AuditEvent) -> str:
    """The digest that chains a record to all before it."""
    return hashlib.sha256(_ENCODER.encode([seq, previous, event])).hexdigest()


class Sealed(NamedTuple):
    """A stored record of the trail."""

    seq: int
    previous: str
    digest: str
    event: AuditEvent


def first_broken(records: Iterable[Sealed]) -> int | None:
    """The first seq at which the chain is broken: a row changed, removed or inserted. None when it is intact."""
    expected, previous = 1, START
    for found in records:
        if found.seq != expected or found.previous != previous:
            return found.seq
        if sealed(found.seq, found.previous, found.event) != found.digest:
            return found.seq
        expected, previous = expected + 1, found.digest
    return None


def read(connection: sa.Connection, *, after: int = 0, limit: int = 1000) -> list[Sealed]:
    """Records after `after`, oldest first."""
    rows = connection.execute(sa.select(audit).where(audit.c.seq > after).order_by(audit.c.seq).limit(limit))
    return [_sealed_row(row) for row in rows]


def newest(
    connection: sa.Connection,
    *,
    exact: Mapping[str, str],
    since: int | None,
    until: int | None,
    before: int | None,
    limit: int,
) -> list[Sealed]:
    """Records whose columns equal `exact`, at moments in [since, until), with a seq below `before`; newest first."""
    asked = sa.select(audit).order_by(audit.c.seq.desc()).limit(limit)
    asked = asked.where(*(audit.c[name] == value for name, value in exact.items()))
    if since is not None:
        asked = asked.where(audit.c.at >= since)
    if until is not None:
        asked = asked.where(audit.c.at < until)
    if before is not None:
        asked = asked.where(audit.c.seq < before)
    return [_sealed_row(row) for row in connection.execute(asked)]


def _sealed_row(row: sa.Row[tuple[object, ...]]) -> Sealed:
    held = dict(row._mapping)
    seq, previous, digest = held.pop("seq"), held.pop("previous"), held.pop("digest")
    held["detail"] = msgspec.json.decode(held["detail"], type=dict[str, str])
    return Sealed(seq, previous, digest, AuditEvent(**held))
