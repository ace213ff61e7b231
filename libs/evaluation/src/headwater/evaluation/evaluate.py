"""From a state, or from arrays, to estimates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from headwater.evaluation import catalogue
from headwater.evaluation.estimate import Estimate, Outcome, Parameters, undefined
from headwater.evaluation.labels import as_label, binary_labels
from headwater.evaluation.states import AnyState, Confusion, Residuals, as_floats, zero

Column = Sequence[str] | Sequence[float] | Sequence[bool] | Sequence[bool | float | str] | np.ndarray


def finalise(
    task: str, state: AnyState | None, *, names: Sequence[str] | None = None, parameters: Parameters, n: int
) -> list[Estimate]:
    """The named metrics (default: all of the task) of a state; `n` counts the predictions, labelled or not.

    Raises KeyError for a name that is not in the catalogue.
    """
    chosen = [catalogue.metric(name) for name in (catalogue.defaults(task) if names is None else names)]
    labelled = 0 if state is None else state.rows
    return [_estimate(entry, task, state, parameters, n, labelled) for entry in chosen]


def _estimate(
    entry: catalogue.Metric, task: str, state: AnyState | None, parameters: Parameters, n: int, labelled: int
) -> Estimate:
    outcome = _outcome(entry, task, state, parameters, n, labelled)
    definition = catalogue.definition_id(entry, parameters)
    return Estimate(entry.name, definition, outcome.value, outcome.reason, outcome.interval, n, labelled)


def _outcome(
    entry: catalogue.Metric, task: str, state: AnyState | None, parameters: Parameters, n: int, labelled: int
) -> Outcome:
    if task not in entry.tasks or state is None:
        return undefined("not_applicable")
    if labelled == 0:
        return undefined("no_labels" if n else "no_data")
    if (entry.state == "confusion") != isinstance(state, Confusion):
        raise TypeError(f"{entry.name} needs a {entry.state} state, not {type(state).__name__}")
    return entry.compute(state, parameters)


def evaluate(
    task: str,
    y_true: Column,
    y_pred: Column | None = None,
    weights: Sequence[float] | None = None,
    metrics: Sequence[str] | None = None,
    *,
    y_score: Sequence[float] | None = None,
    parameters: Parameters | None = None,
) -> list[Estimate]:
    """Metrics of arrays of equal length; index i is the same row in all.

    `y_pred`: predicted classes or values; `y_score` instead (binary only): scores of the positive class, with the
    threshold `parameters.threshold`, default 0.5. `metrics`: names, default all of the task, or, for a task without
    metrics yet, all of the catalogue, each `not_applicable`. Raises ValueError naming the wrong field.
    """
    asked = parameters or Parameters()
    names = metrics if metrics is not None else catalogue.defaults(task) or [m.name for m in catalogue.CATALOGUE]
    for name in names:
        if name not in {entry.name for entry in catalogue.CATALOGUE}:
            raise ValueError(f"metrics: {name!r} is not in the catalogue")
    state = zero(task)
    if isinstance(state, Confusion):
        truth = _labels(y_true)
        state = state.update(truth, _predicted(task, truth, y_pred, y_score, asked), weights)
    elif isinstance(state, Residuals):
        if y_pred is None:
            raise ValueError("y_pred is missing: a regression needs predicted values")
        state = state.update(_numbers("y_true", y_true), _numbers("y_pred", y_pred), weights)
    return finalise(task, state, names=names, parameters=asked, n=len(y_true))


def _labels(column: Column) -> list[str]:
    return [as_label(value) for value in (column.tolist() if isinstance(column, np.ndarray) else column)]


def _numbers(name: str, column: Column) -> np.ndarray:
    array = np.asarray(column)
    if array.dtype.kind not in "fiub":
        raise ValueError(f"{name} must be a list of numbers")
    return as_floats(name, array.astype(np.float64))


def _predicted(
    task: str, truth: list[str], y_pred: Column | None, y_score: Sequence[float] | None, parameters: Parameters
) -> list[str]:
    if (y_pred is None) == (y_score is None):
        raise ValueError("y_pred: give either predicted classes (y_pred) or scores (y_score)")
    if y_pred is not None:
        return _labels(y_pred)
    if task != "binary":
        raise ValueError("y_score is only for the task binary: give predicted classes in y_pred")
    pair = binary_labels(parameters.labels, parameters.positive, truth)
    if pair is None:
        raise ValueError("params.positive is missing: the positive class cannot be inferred from the labels in y_true")
    negative, positive = pair[0] if pair[0] is not None else f"not {pair[1]}", pair[1]
    threshold = 0.5 if parameters.threshold is None else parameters.threshold
    scores = as_floats("y_score", y_score or [])
    return [positive if score >= threshold else negative for score in scores.tolist()]
