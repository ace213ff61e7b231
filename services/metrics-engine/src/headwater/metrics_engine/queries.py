"""Queries of the tables: one prediction, and metrics over time."""

from typing import NamedTuple

import msgspec
import sqlalchemy as sa

from headwater.contracts.api.graph import Node
from headwater.contracts.api.models import LabelEntry, MetricPoint, MetricSeries, PredictionDetail
from headwater.contracts.identity import Visible
from headwater.contracts.keys import Kind, dataset_key, model_version_key
from headwater.contracts.metrics import MetricValue, Source
from headwater.contracts.predictions import DatasetRef, ModelRef
from headwater.contracts.times import format_instant
from headwater.metrics_engine import store
from headwater.metrics_engine import tables as t
from headwater.metrics_engine.join import Labelled, Predicted, Row
from headwater.metrics_engine.window_store import COMPUTED
from headwater.metrics_engine.windows import UNSLICED, SliceKey

_VALUES = msgspec.json.Decoder(list[MetricValue])


class Model(NamedTuple):
    """A known model. `key`: its id in the API."""

    id: int
    key: str
    ref: ModelRef


class Asked(NamedTuple):
    """Filters for points of a series; None selects all."""

    source: Source | None
    metric: str | None
    version: str | None
    slice: SliceKey | None
    start_from: int | None
    start_before: int | None
    limit: int


def model(connection: sa.Connection, key: str) -> Model | None:
    m = t.models.c
    row = connection.execute(sa.select(m.id, m.namespace, m.name).where(m.key == key)).first()
    return None if row is None else Model(row.id, key, ModelRef(row.namespace, row.name))


def version_text(connection: sa.Connection, model: Model, version: str) -> str | None:
    """The version of that text or of that id; None when neither is known."""
    known = [v.version for v in store.versions(connection, [model.id])]
    ids = {model_version_key(model.ref.namespace, model.ref.name, text).id: text for text in known}
    return version if version in known else ids.get(version)


def prediction(
    connection: sa.Connection, model: Model, prediction_id: str, *, visible: Visible, kept_days: int
) -> PredictionDetail | None:
    """One prediction with its labels; None when there is none of that id, even if a label waits for it."""
    row = store.samples(connection, model.id, [prediction_id]).get(prediction_id)
    if row is None or row.prediction is None:
        return None
    version = store.versions_by_id(connection, [row.prediction.version])[row.prediction.version].version
    labels = _label_entries(row, store.superseded(connection, model.id, prediction_id))
    return _detail(model, prediction_id, row.prediction, version, labels, visible=visible, kept_days=kept_days)


def _detail(
    model: Model,
    prediction_id: str,
    held: Predicted,
    version: str,
    labels: list[LabelEntry],
    *,
    visible: Visible,
    kept_days: int,
) -> PredictionDetail:
    kept = held.kept
    return PredictionDetail(
        id=prediction_id,
        model_id=model.key,
        model_namespace=model.ref.namespace,
        model_name=model.ref.name,
        version=version,
        version_id=model_version_key(model.ref.namespace, model.ref.name, version).id,
        event_time=format_instant(held.time),
        prediction=msgspec.to_builtins(kept.prediction),
        weight=kept.weight,
        slices=kept.slices,
        features=kept.features,
        labels=labels,
        output=None if kept.output is None or not visible.allows(kept.output.namespace) else _node(kept.output),
        run_id=None if kept.run is None or not visible.allows(kept.run.namespace) else kept.run.run_id,
        kept_days=kept_days,
    )


def _label_entries(row: Row, superseded: list[Labelled]) -> list[LabelEntry]:
    """All labels, the current one last."""
    known = {*superseded, *([] if row.label is None else [row.label])}
    return [
        LabelEntry(event_time=format_instant(each.time), label=msgspec.to_builtins(each.label))
        for each in sorted(known, key=lambda label: (label.time, label.event_id))
    ]


def _node(output: DatasetRef) -> Node:
    key = dataset_key(output.namespace, output.name)
    label = output.name.rpartition("/")[2].rpartition(".")[2]
    return Node(id=key.id, kind=Kind.OUTPUT.value, namespace=output.namespace, name=output.name, label=label)


def series(connection: sa.Connection, model: Model, asked: Asked) -> MetricSeries:
    """The latest revision of each window, by window, then version. Windows that lost their last row are left out."""
    points: list[MetricPoint] = []
    names: dict[str, None] = {}
    for row in reversed(connection.execute(_series_query(model.id, asked)).all()):
        for value in _VALUES.decode(bytes(row.body)):
            names[value.metric] = None
            if asked.metric in (None, value.metric):
                points.append(_point(row, value))
    return MetricSeries(points=points, metrics=list(names), reported=_reported(connection, model.id))


def _reported(connection: sa.Connection, model: int) -> list[str]:
    """Names of the metrics that producers reported for a model."""
    p, v = t.windows.c, t.versions.c
    wanted = sa.select(p.series).distinct().join_from(t.windows, t.versions, v.id == p.version)
    return list(connection.execute(wanted.where(v.model == model, p.series != COMPUTED).order_by(p.series)).scalars())


def _series_query(model: int, asked: Asked) -> sa.Select[tuple[object, ...]]:
    p, v, r = t.windows.c, t.versions.c, t.results.c
    query = (
        sa.select(v.version, p.series, p.window_start, p.window_end, p.slice_name, p.slice_value, r.revision, r.body)
        .join_from(t.windows, t.versions, v.id == p.version)
        .join(t.results, sa.and_(r.window == p.id, r.revision == p.revision))
        .where(v.model == model, sa.or_(p.rows > 0, p.series != COMPUTED))
        .order_by(p.window_start.desc(), v.version.desc(), p.slice_name.desc(), p.slice_value.desc(), p.series.desc())
        .limit(asked.limit)
    )
    if asked.source is not None:
        query = query.where(p.series == COMPUTED if asked.source == "computed" else p.series != COMPUTED)
    if asked.version is not None:
        query = query.where(v.version == asked.version)
    if asked.slice is not None:
        query = query.where(p.slice_name == asked.slice[0], p.slice_value == asked.slice[1])
    if asked.start_from is not None:
        query = query.where(p.window_start >= asked.start_from)
    if asked.start_before is not None:
        query = query.where(p.window_start < asked.start_before)
    return query


def _point(row: sa.Row[tuple[object, ...]], value: MetricValue) -> MetricPoint:
    unsliced = (row.slice_name, row.slice_value) == UNSLICED
    return MetricPoint(
        metric=value.metric,
        source="computed" if row.series == COMPUTED else "reported",
        definition=value.definition,
        version=row.version,
        window_start=format_instant(row.window_start),
        window_end=format_instant(row.window_end),
        value=value.value,
        reason=value.reason,
        interval=value.interval,
        n=value.n,
        labelled=value.labelled,
        slice=None if unsliced else {row.slice_name: row.slice_value},
        revision=row.revision,
    )
