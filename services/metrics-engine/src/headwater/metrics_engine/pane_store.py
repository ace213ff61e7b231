"""Panes, results, outputs and the outbox in and out of the tables; nothing is decided here."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa

from headwater.contracts.keys import dataset_key
from headwater.contracts.metrics import MetricValue, Window
from headwater.metrics_engine import tables as t
from headwater.metrics_engine.store import insert
from headwater.metrics_engine.windows import SliceKey

COMPUTED = ""  # the series of computed metrics; a metric reported from elsewhere is a series of its own name
_CHUNK = 2_000


class PaneId(NamedTuple):
    """What makes a pane one: `series` is COMPUTED or the name of a reported metric."""

    version: int
    series: str
    slice: SliceKey
    window: Window


class Pane(NamedTuple):
    """A pane as stored. `rows` counts predictions; `id` is None until it is stored."""

    id: int | None
    key: PaneId
    rows: int = 0
    state: bytes | None = None
    revision: int = 0
    published_at: int = 0
    dirty: bool = False


class Revision(NamedTuple):
    """One published result of a pane."""

    pane: int
    revision: int
    message_id: str
    computed_at: int
    results: list[MetricValue]


class Message(NamedTuple):
    """A row of the outbox."""

    id: str
    topic: str
    key: bytes
    value: bytes


class OutputSeen(NamedTuple):
    """The earliest prediction that a version wrote to a dataset."""

    version: int
    namespace: str
    name: str
    time: int
    tie: bytes


def panes(connection: sa.Connection, keys: Iterable[PaneId]) -> dict[PaneId, Pane]:
    """Those panes that exist."""
    wanted = set(keys)
    p = t.panes.c
    found: dict[PaneId, Pane] = {}
    starts = sorted({key.window.start for key in wanted})
    for at in range(0, len(starts), _CHUNK):
        query = sa.select(t.panes).where(
            p.version.in_(sorted({key.version for key in wanted})), p.window_start.in_(starts[at : at + _CHUNK])
        )
        found.update((pane.key, pane) for pane in _read(connection, query) if pane.key in wanted)
    return found


def panes_of_version(connection: sa.Connection, version: int) -> list[Pane]:
    """The computed panes of a version."""
    query = sa.select(t.panes).where(t.panes.c.version == version, t.panes.c.series == COMPUTED)
    return _read(connection, query)


def due_panes(connection: sa.Connection, *, published_before: int, limit: int) -> list[Pane]:
    """Panes that changed after their last revision, which is older than the moment given."""
    query = sa.select(t.panes).where(t.panes.c.dirty, t.panes.c.published_at <= published_before)
    return _read(connection, query.order_by(t.panes.c.id).limit(limit))


def any_dirty(connection: sa.Connection) -> bool:
    return connection.execute(sa.select(t.panes.c.id).where(t.panes.c.dirty).limit(1)).first() is not None


def _read(connection: sa.Connection, query: sa.Select[Any]) -> list[Pane]:
    return [
        Pane(
            row.id,
            PaneId(
                row.version, row.series, (row.slice_name, row.slice_value), Window(row.window_start, row.window_end)
            ),
            row.rows,
            None if row.state is None else bytes(row.state),
            row.revision,
            row.published_at,
            row.dirty,
        )
        for row in connection.execute(query)
    ]


def put_panes(connection: sa.Connection, changed: Sequence[Pane]) -> list[Pane]:
    """Add panes or replace them; all come back with ids."""
    old = [pane for pane in changed if pane.id is not None]
    new = [pane for pane in changed if pane.id is None]
    if old:
        update = t.panes.update().where(t.panes.c.id == sa.bindparam("pane_id"))
        connection.execute(update, [{"pane_id": pane.id, **_content(pane)} for pane in old])
    if new:
        statement = t.panes.insert().returning(t.panes.c.id, sort_by_parameter_order=True)
        ids = connection.execute(statement, [{**_identity(pane.key), **_content(pane)} for pane in new]).scalars()
        new = [pane._replace(id=i) for pane, i in zip(new, ids, strict=True)]
    return old + new


def _identity(key: PaneId) -> dict[str, Any]:
    return {
        "version": key.version,
        "series": key.series,
        "slice_name": key.slice[0],
        "slice_value": key.slice[1],
        "window_start": key.window.start,
        "window_end": key.window.end,
    }


def _content(pane: Pane) -> dict[str, Any]:
    return {
        "rows": pane.rows,
        "state": pane.state,
        "revision": pane.revision,
        "published_at": pane.published_at,
        "dirty": pane.dirty,
    }


def add_revisions(connection: sa.Connection, rows: Sequence[Revision]) -> None:
    if rows:
        values = [
            {
                "pane": row.pane,
                "revision": row.revision,
                "message_id": row.message_id,
                "computed_at": row.computed_at,
                "body": msgspec.json.encode(row.results),
            }
            for row in rows
        ]
        connection.execute(t.results.insert(), values)


def outputs(connection: sa.Connection, versions: Iterable[int]) -> dict[tuple[int, str, str], OutputSeen]:
    o = t.outputs.c
    rows = connection.execute(
        sa.select(o.version, o.namespace, o.name, o.event_time, o.tie).where(o.version.in_(list(versions)))
    )
    return {(v, ns, name): OutputSeen(v, ns, name, at, bytes(tie)) for v, ns, name, at, tie in rows}


def put_outputs(connection: sa.Connection, rows: Sequence[OutputSeen]) -> None:
    if rows:
        new = insert(connection, t.outputs)
        values = [
            {
                "version": r.version,
                "dataset": dataset_key(r.namespace, r.name).id,
                "namespace": r.namespace,
                "name": r.name,
                "event_time": r.time,
                "tie": r.tie,
            }
            for r in rows
        ]
        changed = {"event_time": new.excluded.event_time, "tie": new.excluded.tie}
        connection.execute(new.on_conflict_do_update(index_elements=["version", "dataset"], set_=changed), values)


def add_messages(connection: sa.Connection, rows: Sequence[Message]) -> None:
    if rows:
        values = [{"message_id": row.id, "topic": row.topic, "key": row.key, "value": row.value} for row in rows]
        connection.execute(insert(connection, t.outbox).on_conflict_do_nothing(), values)


def pending(connection: sa.Connection, limit: int) -> list[Message]:
    """Messages not yet sent, in the order of their making."""
    o = t.outbox.c
    rows = connection.execute(sa.select(o.message_id, o.topic, o.key, o.value).order_by(o.id).limit(limit))
    return [Message(i, topic, bytes(key), bytes(value)) for i, topic, key, value in rows]


def pending_count(connection: sa.Connection) -> int:
    return connection.execute(sa.select(sa.func.count()).select_from(t.outbox)).scalar_one()


def sent(connection: sa.Connection, ids: Sequence[str]) -> None:
    if ids:
        connection.execute(t.outbox.delete().where(t.outbox.c.message_id.in_(list(ids))))
