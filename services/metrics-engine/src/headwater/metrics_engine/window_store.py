"""Windows, results, outputs and the outbox in and out of the tables; nothing is decided here."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa

from headwater.contracts.keys import dataset_key
from headwater.contracts.metrics import MetricValue, Window
from headwater.metrics_engine import tables as t
from headwater.metrics_engine.windows import SliceKey
from headwater.runtime.storage.database import insert_into

COMPUTED = ""  # the series of computed metrics; a reported metric is a series of its own name
_CHUNK = 2_000


class WindowId(NamedTuple):
    """The identity of a window: `series` is COMPUTED or the name of a reported metric."""

    version: int
    series: str
    slice: SliceKey
    window: Window


class WindowRow(NamedTuple):
    """A window as stored. `rows` counts predictions; `id` is None until it is stored."""

    id: int | None
    key: WindowId
    rows: int = 0
    state: bytes | None = None
    revision: int = 0
    published_at: int = 0
    dirty: bool = False


class Revision(NamedTuple):
    """One published result of a window."""

    window: int
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
    event_id: bytes


def windows(connection: sa.Connection, keys: Iterable[WindowId]) -> dict[WindowId, WindowRow]:
    """Those windows that exist."""
    wanted = set(keys)
    p = t.windows.c
    found: dict[WindowId, WindowRow] = {}
    starts = sorted({key.window.start for key in wanted})
    for at in range(0, len(starts), _CHUNK):
        query = sa.select(t.windows).where(
            p.version.in_(sorted({key.version for key in wanted})), p.window_start.in_(starts[at : at + _CHUNK])
        )
        found.update((window.key, window) for window in _read(connection, query) if window.key in wanted)
    return found


def windows_of_version(connection: sa.Connection, version: int) -> list[WindowRow]:
    """The computed windows of a version."""
    query = sa.select(t.windows).where(t.windows.c.version == version, t.windows.c.series == COMPUTED)
    return _read(connection, query)


def due_windows(connection: sa.Connection, *, published_before: int, limit: int) -> list[WindowRow]:
    """Windows that changed after their last revision, which is older than the moment given."""
    query = sa.select(t.windows).where(t.windows.c.dirty, t.windows.c.published_at <= published_before)
    return _read(connection, query.order_by(t.windows.c.id).limit(limit))


def any_dirty(connection: sa.Connection) -> bool:
    return connection.execute(sa.select(t.windows.c.id).where(t.windows.c.dirty).limit(1)).first() is not None


def _read(connection: sa.Connection, query: sa.Select[Any]) -> list[WindowRow]:
    return [
        WindowRow(
            row.id,
            WindowId(
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


def put_windows(connection: sa.Connection, changed: Sequence[WindowRow]) -> list[WindowRow]:
    """Add windows or replace them; all come back with ids."""
    old = [window for window in changed if window.id is not None]
    new = [window for window in changed if window.id is None]
    if old:
        update = t.windows.update().where(t.windows.c.id == sa.bindparam("window_id"))
        connection.execute(update, [{"window_id": window.id, **_content(window)} for window in old])
    if new:
        statement = t.windows.insert().returning(t.windows.c.id, sort_by_parameter_order=True)
        ids = connection.execute(statement, [{**_identity(window.key), **_content(window)} for window in new]).scalars()
        new = [window._replace(id=i) for window, i in zip(new, ids, strict=True)]
    return old + new


def _identity(key: WindowId) -> dict[str, Any]:
    return {
        "version": key.version,
        "series": key.series,
        "slice_name": key.slice[0],
        "slice_value": key.slice[1],
        "window_start": key.window.start,
        "window_end": key.window.end,
    }


def _content(window: WindowRow) -> dict[str, Any]:
    return {
        "rows": window.rows,
        "state": window.state,
        "revision": window.revision,
        "published_at": window.published_at,
        "dirty": window.dirty,
    }


def add_revisions(connection: sa.Connection, rows: Sequence[Revision]) -> None:
    if rows:
        values = [
            {
                "window": row.window,
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
        sa.select(o.version, o.namespace, o.name, o.event_time, o.event_id).where(o.version.in_(list(versions)))
    )
    return {(v, ns, name): OutputSeen(v, ns, name, at, bytes(event_id)) for v, ns, name, at, event_id in rows}


def put_outputs(connection: sa.Connection, rows: Sequence[OutputSeen]) -> None:
    if rows:
        new = insert_into(connection, t.outputs)
        values = [
            {
                "version": r.version,
                "dataset": dataset_key(r.namespace, r.name).id,
                "namespace": r.namespace,
                "name": r.name,
                "event_time": r.time,
                "event_id": r.event_id,
            }
            for r in rows
        ]
        changed = {"event_time": new.excluded.event_time, "event_id": new.excluded.event_id}
        connection.execute(new.on_conflict_do_update(index_elements=["version", "dataset"], set_=changed), values)


def add_messages(connection: sa.Connection, rows: Sequence[Message]) -> None:
    if rows:
        values = [{"message_id": row.id, "topic": row.topic, "key": row.key, "value": row.value} for row in rows]
        connection.execute(insert_into(connection, t.outbox).on_conflict_do_nothing(), values)


def pending(connection: sa.Connection, limit: int) -> list[Message]:
    """Messages not yet sent, in the order of their creation."""
    o = t.outbox.c
    rows = connection.execute(sa.select(o.message_id, o.topic, o.key, o.value).order_by(o.id).limit(limit))
    return [Message(i, topic, bytes(key), bytes(value)) for i, topic, key, value in rows]


def pending_count(connection: sa.Connection) -> int:
    return connection.execute(sa.select(sa.func.count()).select_from(t.outbox)).scalar_one()


def sent(connection: sa.Connection, ids: Sequence[str]) -> None:
    if ids:
        connection.execute(t.outbox.delete().where(t.outbox.c.message_id.in_(list(ids))))
