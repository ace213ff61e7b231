"""Converts a message in any form to observations about single predictions."""

from collections.abc import Iterator, Sequence
from typing import Any, Literal, NamedTuple

import msgspec

from headwater.contracts.predictions import (
    BinaryPrediction,
    ClassLabel,
    DatasetRef,
    Label,
    LabelBatch,
    LabelEvent,
    ModelRef,
    MulticlassPrediction,
    Prediction,
    PredictionBatch,
    PredictionEvent,
    RegressionPrediction,
    RunRef,
    Scalar,
    Time,
    ValueLabel,
)
from headwater.contracts.times import parse_instant

_EARLIEST, _LATEST = -62_135_596_800_000_000, 253_402_300_799_999_999  # years 1 and 9999


class Kept(msgspec.Struct, omit_defaults=True):
    """The stored part of a prediction beside its key, version and time."""

    prediction: Prediction
    weight: float = 1.0
    slices: dict[str, str] = {}
    features: dict[str, Scalar] = {}
    output: DatasetRef | None = None
    run: RunRef | None = None
    codec: Literal[1] = 1


class PredictionObservation(NamedTuple):
    """One prediction as one message states it. `event_id` orders observations of equal time."""

    model: ModelRef
    id: str
    version: str
    time: int
    event_id: bytes
    kept: Kept


class LabelObservation(NamedTuple):
    """One label as one message states it; `label` None retracts an earlier one."""

    model: ModelRef
    id: str
    time: int
    event_id: bytes
    label: Label | None


def micros(value: Time, field: str) -> int:
    """Microseconds UTC. Raises ValueError naming the field when the value is not a valid date and time."""
    try:
        moment = parse_instant(value) if isinstance(value, str) else value
    except ValueError as error:
        raise ValueError(f"{field}: {error}") from None
    if not _EARLIEST <= moment <= _LATEST:
        raise ValueError(f"{field}: {moment} microseconds are outside the years 1 to 9999")
    return moment


def prediction_observation(event: PredictionEvent, event_id: bytes) -> PredictionObservation:
    kept = Kept(event.prediction, event.weight, event.slices, event.features, event.output, event.run)
    time = micros(event.event_time, "event_time")
    return PredictionObservation(event.model, named(event.id, "id"), event.version, time, event_id, kept)


def label_observation(event: LabelEvent, event_id: bytes) -> LabelObservation:
    time = micros(event.event_time, "event_time")
    return LabelObservation(event.model, named(event.prediction_id, "prediction_id"), time, event_id, event.label)


def prediction_observations(batch: PredictionBatch, event_id: bytes) -> Iterator[PredictionObservation]:
    """The rows of a columnar batch. Raises ValueError naming the column that does not fit."""
    rows = len(batch.ids)
    times = _times(batch.event_time, rows)
    payloads = _payloads(batch, rows)
    _same_length("weights", batch.weights, rows)
    for kind, columns in (("slices", batch.slices), ("features", batch.features)):
        for name, column in columns.items():
            _same_length(f"{kind}.{name}", column, rows)
    slices, features = list(batch.slices.items()), list(batch.features.items())
    for i, row_id in enumerate(batch.ids):
        kept = Kept(
            payloads[i],
            1.0 if batch.weights is None else batch.weights[i],
            {name: column[i] for name, column in slices},
            {name: column[i] for name, column in features},
            batch.output,
            batch.run,
        )
        yield PredictionObservation(
            batch.model, named(row_id, "ids"), batch.version, times[i], _row_event_id(event_id, i), kept
        )


def label_observations(batch: LabelBatch, event_id: bytes) -> Iterator[LabelObservation]:
    """The rows of a columnar batch. Raises ValueError naming the column that does not fit."""
    rows = len(batch.prediction_ids)
    times = _times(batch.event_time, rows)
    labels: Sequence[Label | None]
    if batch.labels is not None:
        labels = _same_length("labels", batch.labels, rows)
    elif batch.classes is not None:
        labels = [ClassLabel(value) for value in _same_length("classes", batch.classes, rows)]
    elif batch.values is not None:
        labels = [ValueLabel(value) for value in _same_length("values", batch.values, rows)]
    else:
        raise ValueError("labels: give one of the columns classes, values or labels")
    for i, row_id in enumerate(batch.prediction_ids):
        yield LabelObservation(
            batch.model, named(row_id, "prediction_ids"), times[i], _row_event_id(event_id, i), labels[i]
        )


def named(text: str, field: str) -> str:
    """Names are not empty and contain no NUL, which PostgreSQL cannot store."""
    if not text or "\0" in text:
        raise ValueError(f"{field}: {text[:64]!r} is not a name: use at least one character, and no NUL")
    return text


def _payloads(batch: PredictionBatch, rows: int) -> list[Prediction]:
    if batch.predictions is not None:
        _same_length("predictions", batch.predictions, rows)
        return batch.predictions
    if batch.task == "regression":
        if batch.values is None:
            raise ValueError("values: a regression batch needs this column, or predictions")
        return [RegressionPrediction(value) for value in _same_length("values", batch.values, rows)]
    if batch.task in ("binary", "multiclass"):
        return _class_payloads(batch, rows)
    raise ValueError(f"predictions: a batch of task {batch.task!r} needs this column")


def _class_payloads(batch: PredictionBatch, rows: int) -> list[Prediction]:
    if batch.classes is None and not batch.scores:
        raise ValueError("classes: a classification batch needs this column, scores, or predictions")
    payload: Any = BinaryPrediction if batch.task == "binary" else MulticlassPrediction
    classes: Sequence[str | None] = _same_length("classes", batch.classes, rows) or [None] * rows
    if not batch.scores:
        return [payload(cls=cls) for cls in classes]
    columns = [(name, _same_length(f"scores.{name}", column, rows)) for name, column in batch.scores.items()]
    return [payload(cls=cls, scores={name: c[i] for name, c in columns}) for i, cls in enumerate(classes)]


def _same_length(name: str, column: Any, rows: int) -> Any:
    if column is not None and len(column) != rows:
        raise ValueError(f"{name}: the column has {len(column)} rows, the ids {rows}")
    return column


def _times(value: Time | list[Time], rows: int) -> list[int]:
    if isinstance(value, list):
        return [micros(moment, "event_time") for moment in _same_length("event_time", value, rows)]
    return [micros(value, "event_time")] * rows


def _row_event_id(event_id: bytes, row: int) -> bytes:
    return event_id + row.to_bytes(4, "big")
