"""Rows in and out of the tables; nothing is decided here. Every function works inside the caller's transaction."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa

from headwater.contracts.keys import model_key
from headwater.contracts.metrics import Window
from headwater.contracts.models import ModelEvent
from headwater.contracts.predictions import ModelRef
from headwater.evaluation import UnreadableState
from headwater.metrics_engine import tables as t
from headwater.metrics_engine.join import Labelled, Predicted, Row
from headwater.metrics_engine.profile import ModelObservation, Profile
from headwater.runtime.storage.database import insert_into

_CHUNK = 5_000
_EVENT = msgspec.json.Decoder(ModelEvent)
_PROFILE = msgspec.json.Decoder(Profile)


class Sample(NamedTuple):
    """A row with its key."""

    model: int
    prediction_id: str
    row: Row


class Version(NamedTuple):
    id: int
    model: int
    version: str
    profile: Profile | None


class SupersededLabel(NamedTuple):
    model: int
    prediction_id: str
    label: Labelled


def models(connection: sa.Connection, refs: Iterable[ModelRef]) -> dict[ModelRef, int]:
    """The ids of models; unknown ones are added."""
    keys = {model_key(ref.namespace, ref.name).id: ref for ref in refs}
    found = _model_ids(connection, keys)
    if missing := sorted(keys.keys() - found.keys()):
        rows = [{"key": key, "namespace": keys[key].namespace, "name": keys[key].name} for key in missing]
        connection.execute(insert_into(connection, t.models).on_conflict_do_nothing(), rows)
        found = _model_ids(connection, keys)
    return {ref: found[key] for key, ref in keys.items()}


def _model_ids(connection: sa.Connection, keys: Iterable[str]) -> dict[str, int]:
    query = sa.select(t.models.c.key, t.models.c.id).where(t.models.c.key.in_(list(keys)))
    return {row.key: row.id for row in connection.execute(query)}


def model_refs(connection: sa.Connection, ids: Iterable[int]) -> dict[int, ModelRef]:
    query = sa.select(t.models.c.id, t.models.c.namespace, t.models.c.name).where(t.models.c.id.in_(list(ids)))
    return {model: ModelRef(namespace, name) for model, namespace, name in connection.execute(query)}


def versions(connection: sa.Connection, models: Iterable[int]) -> list[Version]:
    """All versions of some models."""
    v = t.versions.c
    return _versions(connection, v.model.in_(list(models)))


def versions_by_id(connection: sa.Connection, ids: Iterable[int]) -> dict[int, Version]:
    return {version.id: version for version in _versions(connection, t.versions.c.id.in_(list(ids)))}


def _versions(connection: sa.Connection, where: sa.ColumnElement[bool]) -> list[Version]:
    v = t.versions.c
    rows = connection.execute(sa.select(v.id, v.model, v.version, v.profile).where(where))
    return [Version(i, model, version, None if p is None else _profile(bytes(p))) for i, model, version, p in rows]


def _profile(body: bytes) -> Profile:
    """As stored; an empty profile where this program cannot read it, so that it is derived again."""
    try:
        return _PROFILE.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Profile(task="", window_seconds=0)


def _event(body: bytes) -> ModelEvent:
    try:
        return _EVENT.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UnreadableState(f"a stored model event cannot be read: {error}") from error


def put_versions(connection: sa.Connection, rows: Sequence[tuple[int, str, Profile | None]]) -> None:
    """Add versions (model, version, profile) or change their profiles."""
    if rows:
        new = insert_into(connection, t.versions)
        connection.execute(
            new.on_conflict_do_update(index_elements=["model", "version"], set_={"profile": new.excluded.profile}),
            [{"model": m, "version": v, "profile": None if p is None else msgspec.json.encode(p)} for m, v, p in rows],
        )


def add_model_events(connection: sa.Connection, rows: Sequence[tuple[int, ModelObservation]]) -> None:
    if rows:
        values = [
            {
                "model": model,
                "event_time": observed.at,
                "event_id": observed.event_id,
                "body": msgspec.json.encode(observed.event),
            }
            for model, observed in rows
        ]
        connection.execute(insert_into(connection, t.model_events).on_conflict_do_nothing(), values)


def model_events(connection: sa.Connection, models: Iterable[int]) -> dict[int, list[ModelObservation]]:
    e = t.model_events.c
    found: dict[int, list[ModelObservation]] = {model: [] for model in models}
    for model, at, event_id, body in connection.execute(
        sa.select(e.model, e.event_time, e.event_id, e.body).where(e.model.in_(list(found)))
    ):
        found[model].append(ModelObservation(at, bytes(event_id), _event(bytes(body))))
    return found


def samples(connection: sa.Connection, model: int, prediction_ids: Sequence[str]) -> dict[str, Row]:
    """The rows of a model that exist, by prediction id."""
    found: dict[str, Row] = {}
    for start in range(0, len(prediction_ids), _CHUNK):
        some = prediction_ids[start : start + _CHUNK]
        query = _SAMPLES.where(t.samples.c.model == model, t.samples.c.prediction_id.in_(some))
        for key, *columns in connection.execute(query):
            found[key] = _row(*columns)
    return found


def samples_of_version(connection: sa.Connection, version: int, *, within: Window | None = None) -> Iterator[Row]:
    """All rows whose prediction is of a version, or those of one window."""
    after = 0
    while True:
        query = _SAMPLES.add_columns(t.samples.c.id).where(t.samples.c.version == version, t.samples.c.id > after)
        if within is not None:
            query = query.where(t.samples.c.event_time >= within.start, t.samples.c.event_time < within.end)
        some = connection.execute(query.order_by(t.samples.c.id).limit(_CHUNK)).all()
        for _, *columns, _ in some:
            yield _row(*columns)
        if len(some) < _CHUNK:
            return
        after = some[-1][-1]


_SAMPLES = sa.select(
    t.samples.c.prediction_id,
    t.samples.c.event_time,
    t.samples.c.event_id,
    t.samples.c.version,
    t.samples.c.body,
    t.samples.c.label_time,
    t.samples.c.label_event_id,
    t.samples.c.label_body,
)


def _row(
    time: int | None,
    event_id: bytes | None,
    version: int | None,
    body: bytes | None,
    label_time: int | None,
    label_event_id: bytes | None,
    label: bytes | None,
) -> Row:
    predicted = labelled = None
    if time is not None and event_id is not None and version is not None and body is not None:
        predicted = Predicted(time, bytes(event_id), version, bytes(body))
    if label_time is not None and label_event_id is not None:
        labelled = Labelled(label_time, bytes(label_event_id), None if label is None else bytes(label))
    return Row(predicted, labelled)


def put_samples(connection: sa.Connection, rows: Sequence[Sample], *, touched_at: int) -> None:
    """Add rows or replace them."""
    if not rows:
        return
    new = insert_into(connection, t.samples)
    changed = {name: new.excluded[name] for name in _SAMPLE_COLUMNS[2:]}
    statement = new.on_conflict_do_update(index_elements=["model", "prediction_id"], set_=changed)
    values = [_sample_values(sample, touched_at) for sample in rows]
    if connection.dialect.name == "sqlite":
        # The hottest statement: as text with plain tuples it costs a third of SQLAlchemy's own path.
        text = str(statement.compile(dialect=connection.dialect, column_keys=_SAMPLE_COLUMNS))
        connection.exec_driver_sql(text, values)
    else:
        connection.execute(statement, [dict(zip(_SAMPLE_COLUMNS, row, strict=True)) for row in values])


_SAMPLE_COLUMNS = tuple(column.name for column in t.samples.c if column.name != "id")
_NO_PREDICTION = Predicted(None, None, None, None)  # type: ignore[arg-type]
_NO_LABEL = Labelled(None, None, None)  # type: ignore[arg-type]


def _sample_values(sample: Sample, touched_at: int) -> tuple[Any, ...]:
    """In the order of `_SAMPLE_COLUMNS`."""
    row = sample.row
    p, label = row.prediction or _NO_PREDICTION, row.label or _NO_LABEL
    return (sample.model, sample.prediction_id, p.version, p.time, p.event_id, p.body, *label, touched_at)


def add_superseded(connection: sa.Connection, rows: Sequence[SupersededLabel], *, touched_at: int) -> None:
    if rows:
        values = [
            {
                "model": row.model,
                "prediction_id": row.prediction_id,
                "event_time": row.label.time,
                "event_id": row.label.event_id,
                "body": row.label.body,
                "touched_at": touched_at,
            }
            for row in rows
        ]
        connection.execute(insert_into(connection, t.superseded_labels).on_conflict_do_nothing(), values)


def superseded(connection: sa.Connection, model: int, prediction_id: str) -> list[Labelled]:
    s = t.superseded_labels.c
    query = sa.select(s.event_time, s.event_id, s.body).where(s.model == model, s.prediction_id == prediction_id)
    return [
        Labelled(at, bytes(event_id), None if b is None else bytes(b)) for at, event_id, b in connection.execute(query)
    ]


def labels_waiting(connection: sa.Connection) -> int:
    """Labels whose prediction has not arrived."""
    query = sa.select(sa.func.count()).select_from(t.samples).where(t.samples.c.event_time.is_(None))
    return connection.execute(query).scalar_one()


def untouched(connection: sa.Connection, *, since: int, limit: int) -> list[int]:
    """Rows not changed since a moment."""
    query = sa.select(t.samples.c.id).where(t.samples.c.touched_at < since).order_by(t.samples.c.id).limit(limit)
    return list(connection.execute(query).scalars())


def forget(connection: sa.Connection, rows: Sequence[int], *, untouched_since: int) -> int:
    """Delete rows, unless they were changed meanwhile. Returns how many were deleted."""
    old = sa.and_(t.samples.c.id.in_(list(rows)), t.samples.c.touched_at < untouched_since)
    return connection.execute(t.samples.delete().where(old)).rowcount


def forget_superseded(connection: sa.Connection, *, untouched_since: int) -> None:
    connection.execute(t.superseded_labels.delete().where(t.superseded_labels.c.touched_at < untouched_since))
