"""The metrics, as data: what each means, when it is undefined, and the function that computes it from a state.

This table is the only source of values, definition ids, the metric reference and the tests.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NamedTuple
from urllib.parse import quote

from headwater.evaluation import classification, regression
from headwater.evaluation.estimate import Estimate, Outcome, Parameters

__all__ = ["CATALOGUE", "Estimate", "Metric", "Parameters", "defaults", "definition_id", "metric", "metrics"]

# The catalogue pairs each formula with the kind of state it needs; `finalise` checks the pair at run time.
Formula = Callable[[Any, Parameters], Outcome]


class Metric(NamedTuple):
    """One definition. A change of its values is a new `version`.

    `range`: the least and greatest value (None: unbounded); `direction`: which way is better;
    `state`: the kind of state it needs; `parameters`: the fields of `Parameters` on which its values depend.
    """

    name: str
    version: int
    title: str
    tasks: tuple[str, ...]
    state: Literal["confusion", "residuals"]
    range: tuple[float | None, float | None]
    direction: Literal["higher", "lower"]
    formula: str
    meaning: str
    undefined: str
    interval: str
    reference: str
    compute: Formula
    parameters: tuple[Literal["positive", "threshold"], ...] = ()


_CLASSES = ("binary", "multiclass")
_WILSON = "Wilson score, with the effective sample size where rows are weighted"
_ONE_CLASS = "one_class: no positive class is declared and it cannot be inferred from the labels"
_SKLEARN = "scikit-learn: sklearn.metrics."

CATALOGUE: tuple[Metric, ...] = (
    Metric(
        "accuracy", 1, "Accuracy", _CLASSES, "confusion", (0, 1), "higher",
        "weight of rows predicted as they are / weight of all rows",
        "The share of predictions that were right. Misleading when one class is rare.",
        "zero_denominator: all weights are 0",
        _WILSON, _SKLEARN + "accuracy_score", classification.accuracy,
    ),
    Metric(
        "precision", 1, "Precision", ("binary",), "confusion", (0, 1), "higher",
        "TP / (TP + FP)",
        "Of the rows predicted positive, the share that are.",
        "zero_denominator: nothing was predicted positive; " + _ONE_CLASS,
        _WILSON, _SKLEARN + "precision_score", classification.precision, ("positive", "threshold"),
    ),
    Metric(
        "recall", 1, "Recall", ("binary",), "confusion", (0, 1), "higher",
        "TP / (TP + FN)",
        "Of the positive rows, the share that were found.",
        "zero_denominator: no row is positive; " + _ONE_CLASS,
        _WILSON, _SKLEARN + "recall_score", classification.recall, ("positive", "threshold"),
    ),
    Metric(
        "f1", 1, "F1", ("binary",), "confusion", (0, 1), "higher",
        "2 TP / (2 TP + FP + FN)",
        "The harmonic mean of precision and recall.",
        "zero_denominator: no row is positive nor predicted so; " + _ONE_CLASS,
        "Wilson score of TP / (TP + FP + FN), of which F1 is a growing function",
        _SKLEARN + "f1_score", classification.f1, ("positive", "threshold"),
    ),
    Metric(
        "precision_macro", 1, "Macro precision", ("multiclass",), "confusion", (0, 1), "higher",
        "mean over classes of TP / (TP + FP)",
        "Precision with every class counting alike. Classes that were never predicted are left out.",
        "zero_denominator: no class was predicted with weight",
        "none", _SKLEARN + "precision_score(average='macro', zero_division=nan)", classification.precision_macro,
    ),
    Metric(
        "recall_macro", 1, "Macro recall", ("multiclass",), "confusion", (0, 1), "higher",
        "mean over classes of TP / (TP + FN)",
        "Recall with every class counting alike. Classes that do not occur are left out.",
        "zero_denominator: no class occurs with weight",
        "none", _SKLEARN + "recall_score(average='macro', zero_division=nan)", classification.recall_macro,
    ),
    Metric(
        "f1_macro", 1, "Macro F1", ("multiclass",), "confusion", (0, 1), "higher",
        "mean over classes of 2 TP / (2 TP + FP + FN)",
        "F1 with every class counting alike. Classes that neither occur nor were predicted are left out.",
        "zero_denominator: no class occurs or was predicted with weight",
        "none", _SKLEARN + "f1_score(average='macro', zero_division=nan)", classification.f1_macro,
    ),
    Metric(
        "rmse", 1, "Root mean squared error", ("regression",), "residuals", (0, None), "lower",
        "sqrt(sum w d^2 / sum w), d = predicted - true",
        "The typical size of an error, in the unit of the target; large errors weigh more.",
        "zero_denominator: all weights are 0; not_finite: beyond the largest float",
        "root of the normal interval of the mean of d^2; from two effective rows on",
        _SKLEARN + "root_mean_squared_error", regression.rmse,
    ),
    Metric(
        "mae", 1, "Mean absolute error", ("regression",), "residuals", (0, None), "lower",
        "sum w |d| / sum w, d = predicted - true",
        "The mean size of an error, in the unit of the target.",
        "zero_denominator: all weights are 0; not_finite: beyond the largest float",
        "normal, from the variance of |d|; from two effective rows on",
        _SKLEARN + "mean_absolute_error", regression.mae,
    ),
    Metric(
        "r2", 1, "R2", ("regression",), "residuals", (None, 1), "higher",
        "1 - sum w d^2 / sum w (y - weighted mean of y)^2",
        "The share of the target's variance that the model explains; 0 is as good as its mean, below 0 is worse.",
        "too_few: fewer than two rows; zero_denominator: the target is constant or all weights are 0; "
        "not_finite: beyond the largest float",
        "none", _SKLEARN + "r2_score(force_finite=False)", regression.r2,
    ),
)  # fmt: skip

_BY_NAME = {entry.name: entry for entry in CATALOGUE}


def metrics(task: str | None = None) -> tuple[Metric, ...]:
    """All definitions, or those that apply to a task."""
    return tuple(entry for entry in CATALOGUE if task is None or task in entry.tasks)


def metric(name: str) -> Metric:
    """The definition of that name. Raises KeyError."""
    return _BY_NAME[name]


def defaults(task: str) -> tuple[str, ...]:
    """The default metrics of a task, by name; empty for tasks without metrics yet."""
    return tuple(entry.name for entry in metrics(task))


def definition_id(entry: Metric, parameters: Parameters) -> str:
    """Name, version and the declared parameters that its values depend on, such as `recall@1(positive=yes)`."""
    declared = {"positive": _declared_positive(parameters), "threshold": parameters.threshold}
    parts = [
        f"{name}={quote(str(value), safe='')}" for name in entry.parameters if (value := declared[name]) is not None
    ]
    return f"{entry.name}@{entry.version}" + (f"({','.join(parts)})" if parts else "")


def _declared_positive(parameters: Parameters) -> str | None:
    if parameters.positive is not None:
        return parameters.positive
    return parameters.labels[1] if parameters.labels is not None and len(parameters.labels) == 2 else None
