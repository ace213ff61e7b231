"""Checks of a prediction and a label beyond their types."""

from collections.abc import Sequence

from headwater.contracts.field_checks import FUTURE_LIMIT, MOST_ERRORS, Errors, check_id, check_ids, check_name
from headwater.contracts.payload_checks import check_payload, check_truth
from headwater.contracts.predictions import (
    DatasetRef,
    LabelBatch,
    LabelEvent,
    ModelRef,
    PredictionBatch,
    PredictionEvent,
    RunRef,
    Time,
)
from headwater.contracts.refusals import FieldError
from headwater.contracts.times import parse_instant

EARLIEST = 10**14
"""March 1973 in microseconds. Current times in seconds or milliseconds are smaller, so a wrong unit is detected."""

TASKS = {"binary", "multiclass", "multilabel", "regression", "quantile", "clustering", "ranking", "forecasting"}
COLUMNS = {"binary": ("classes", "scores"), "multiclass": ("classes", "scores"), "regression": ("values",)}
"""Tasks that have columns of their own; `predictions` is accepted for every task."""


class Moments:
    """Reads the times of one event and collects their normalised form: `replaced` by field, and the `latest`."""

    def __init__(self, received_at: int, marker: str | None) -> None:
        self.received_at, self.marker = received_at, marker
        self.replaced: dict[str, int | list[int]] = {}
        self.latest = 0

    def read(self, errors: Errors, name: str, time: Time) -> int:
        moment = self._moment(errors, name, time)
        if not isinstance(time, int):
            self.replaced[name] = moment
        return moment

    def read_column(self, errors: Errors, name: str, times: Sequence[Time]) -> list[int]:
        column = []
        for row, time in enumerate(times):
            column.append(self._moment(errors, f"{name}[{row}]", time))
            if len(errors) >= MOST_ERRORS:
                break
        if any(isinstance(time, str) for time in times):
            self.replaced[name] = column
        return column

    def _moment(self, errors: Errors, field: str, time: Time) -> int:
        try:
            moment = time if isinstance(time, int) else parse_instant(time)
        except ValueError as error:
            errors.append(FieldError(field, str(error)))
            return 0
        if moment < EARLIEST:
            errors.append(FieldError(field, "is before 1973: send RFC 3339 text, or microseconds since 1970"))
        elif moment > self.received_at + FUTURE_LIMIT:
            errors.append(FieldError(field, "is later than its arrival by more than a day: check clock, zone and unit"))
        self.latest = max(self.latest, moment)
        return moment


def check_model_ref(errors: Errors, model: ModelRef, marker: str | None) -> None:
    check_name(errors, "model.namespace", model.namespace, marker=marker)
    check_name(errors, "model.name", model.name, marker=marker)


def check_origin(errors: Errors, output: DatasetRef | None, run: RunRef | None, marker: str | None) -> None:
    """The dataset that predictions are written to, and the run that made them."""
    if output is not None:
        check_name(errors, "output.namespace", output.namespace, marker=marker)
        check_name(errors, "output.name", output.name, marker=marker)
    if run is not None:
        check_name(errors, "run.namespace", run.namespace, marker=marker)
        check_name(errors, "run.name", run.name, marker=marker)
        check_id(errors, "run.run_id", run.run_id, marker=marker)


def check_prediction(errors: Errors, event: PredictionEvent, moments: Moments) -> None:
    marker = moments.marker
    check_id(errors, "id", event.id, marker=marker)
    check_model_ref(errors, event.model, marker)
    check_id(errors, "version", event.version, marker=marker)
    check_origin(errors, event.output, event.run, marker)
    moments.read(errors, "event_time", event.event_time)
    check_payload(errors, "prediction", event.prediction)
    if event.weight < 0:
        errors.append(FieldError("weight", "is negative: a weight is 0 or more"))


def check_predictions(errors: Errors, event: PredictionBatch, moments: Moments) -> None:
    marker = moments.marker
    check_ids(errors, "ids", event.ids, marker=marker)
    check_model_ref(errors, event.model, marker)
    check_id(errors, "version", event.version, marker=marker)
    check_origin(errors, event.output, event.run, marker)
    _check_times(errors, event.event_time, len(event.ids), moments)
    _check_lengths(errors, event)
    _check_task(errors, event)
    for label, scores in (event.scores or {}).items():
        _check_range(errors, f"scores[{label[:64]}]", scores, highest=1.0)
    _check_range(errors, "weights", event.weights or (), highest=None)


def _check_times(errors: Errors, times: Time | list[Time], rows: int, moments: Moments) -> None:
    if not isinstance(times, list):
        moments.read(errors, "event_time", times)
        return
    _check_length(errors, "event_time", times, rows)
    moments.read_column(errors, "event_time", times)


def _check_lengths(errors: Errors, event: PredictionBatch) -> None:
    rows = len(event.ids)
    for name in ("classes", "values", "predictions", "weights"):
        _check_length(errors, name, getattr(event, name), rows)
    for name in ("scores", "slices", "features"):
        for column, values in (getattr(event, name) or {}).items():
            _check_length(errors, f"{name}[{column[:64]}]", values, rows)


def _check_length(errors: Errors, field: str, column: Sequence[object] | None, rows: int) -> None:
    if column is not None and len(column) != rows:
        errors.append(FieldError(field, f"has {len(column)} rows where ids have {rows}: make all columns equally long"))


def _check_task(errors: Errors, event: PredictionBatch) -> None:
    """The columns present are those that the task has, and at least one."""
    if event.task not in TASKS:
        errors.append(FieldError("task", f"is unknown: send one of {', '.join(sorted(TASKS))}"))
        return
    allowed = (*COLUMNS.get(event.task, ()), "predictions")
    present = [name for name in ("classes", "scores", "values", "predictions") if getattr(event, name) is not None]
    for name in present:
        if name not in allowed:
            errors.append(FieldError(name, f"is not a column of the task {event.task}: send {' or '.join(allowed)}"))
    if not present or (event.scores is not None and not event.scores and len(present) == 1):
        errors.append(FieldError(allowed[0], f"is missing: send {' or '.join(allowed)}"))
    for row, payload in enumerate(event.predictions or ()):
        if payload.__struct_config__.tag != event.task:
            errors.append(FieldError(f"predictions[{row}].task", f"is not {event.task}, the task of the batch"))
        check_payload(errors, f"predictions[{row}]", payload)
        if len(errors) >= MOST_ERRORS:
            return


def _check_range(errors: Errors, field: str, values: Sequence[float], *, highest: float | None) -> None:
    """All in [0, highest]; reports the first row that is not."""
    if not values or (min(values) >= 0 and (highest is None or max(values) <= highest)):
        return
    row = next(row for row, v in enumerate(values) if v < 0 or (highest is not None and v > highest))
    rule = "a weight is 0 or more" if highest is None else "a probability lies in [0, 1]"
    errors.append(FieldError(f"{field}[{row}]", f"is {values[row]:g}: {rule}"))


def check_label(errors: Errors, event: LabelEvent, moments: Moments) -> None:
    check_id(errors, "prediction_id", event.prediction_id, marker=moments.marker)
    check_model_ref(errors, event.model, moments.marker)
    moments.read(errors, "event_time", event.event_time)
    if event.label is not None:
        check_truth(errors, "label", event.label)


def check_labels(errors: Errors, event: LabelBatch, moments: Moments) -> None:
    check_ids(errors, "prediction_ids", event.prediction_ids, marker=moments.marker)
    check_model_ref(errors, event.model, moments.marker)
    rows = len(event.prediction_ids)
    _check_times(errors, event.event_time, rows, moments)
    present = [name for name in ("classes", "values", "labels") if getattr(event, name) is not None]
    if len(present) != 1:
        errors.append(FieldError(present[1] if present else "classes", "send one of classes, values or labels"))
    for name in present:
        _check_length(errors, name, getattr(event, name), rows)
    for row, label in enumerate(event.labels or ()):
        if label is not None and len(errors) < MOST_ERRORS:
            check_truth(errors, f"labels[{row}]", label)
