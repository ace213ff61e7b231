"""Checks of the payload of each task: one rule per task, for predictions and for labels."""

from collections.abc import Callable, Iterable
from typing import Any

from headwater.contracts.field_checks import Errors
from headwater.contracts.predictions import (
    BinaryPrediction,
    ClassLabel,
    ClusteringPrediction,
    ClusterLabel,
    ForecastPrediction,
    Label,
    MulticlassPrediction,
    MultilabelPrediction,
    Prediction,
    QuantilePrediction,
    RankingPrediction,
    RelevanceLabel,
    SetLabel,
)
from headwater.contracts.refusals import FieldError


def check_payload(errors: Errors, field: str, payload: Prediction) -> None:
    _PREDICTIONS[payload.__struct_config__.tag](errors, field, payload)


def check_truth(errors: Errors, field: str, label: Label) -> None:
    _LABELS[label.__struct_config__.tag](errors, field, label)


def _nothing(errors: Errors, field: str, payload: object) -> None:
    """No checks beyond the type."""


def _check_scores(errors: Errors, field: str, scores: dict[str, float] | None) -> None:
    for label, score in (scores or {}).items():
        if not 0.0 <= score <= 1.0:
            errors.append(FieldError(f"{field}.scores[{label[:64]}]", f"is {score:g}: a probability lies in [0, 1]"))


def _check_classes(errors: Errors, field: str, payload: BinaryPrediction | MulticlassPrediction) -> None:
    if payload.cls is None and not payload.scores:
        errors.append(FieldError(f"{field}.class", "is missing: send the class, scores by class, or both"))
    if payload.cls == "":
        errors.append(FieldError(f"{field}.class", "must not be empty"))
    _check_scores(errors, field, payload.scores)


def _check_binary(errors: Errors, field: str, payload: BinaryPrediction) -> None:
    _check_classes(errors, field, payload)
    if len(payload.scores or ()) > 2:
        errors.append(FieldError(f"{field}.scores", "has more than two classes: the task is multiclass then"))


def _check_multilabel(errors: Errors, field: str, payload: MultilabelPrediction) -> None:
    _check_distinct(errors, f"{field}.labels", payload.labels)
    _check_scores(errors, field, payload.scores)


def _check_quantile(errors: Errors, field: str, payload: QuantilePrediction) -> None:
    if not payload.quantiles and payload.interval is None:
        errors.append(FieldError(f"{field}.quantiles", "is missing: send quantiles by level, or an interval"))
    for level in payload.quantiles or ():
        if not _is_level(level):
            errors.append(FieldError(f"{field}.quantiles", f"{level[:64]!r} is not a level between 0 and 1"))
    if payload.interval is None:
        return
    if payload.interval[0] > payload.interval[1]:
        errors.append(FieldError(f"{field}.interval", "has a lower bound above its upper one: send [lower, upper]"))
    if payload.coverage is None or not 0.0 < payload.coverage < 1.0:
        errors.append(FieldError(f"{field}.coverage", "must be between 0 and 1: it is a share of cases"))


def _is_level(text: str) -> bool:
    try:
        return 0.0 < float(text) < 1.0
    except ValueError:
        return False


def _check_cluster(errors: Errors, field: str, payload: ClusteringPrediction | ClusterLabel) -> None:
    if not payload.cluster:
        errors.append(FieldError(f"{field}.cluster", "must not be empty"))


def _check_ranking(errors: Errors, field: str, payload: RankingPrediction) -> None:
    if not payload.query:
        errors.append(FieldError(f"{field}.query", "must not be empty"))
    _check_distinct(errors, f"{field}.items", payload.items)
    if payload.scores is not None and len(payload.scores) != len(payload.items):
        errors.append(FieldError(f"{field}.scores", "must be as many as items"))


def _check_forecast(errors: Errors, field: str, payload: ForecastPrediction) -> None:
    if not payload.series:
        errors.append(FieldError(f"{field}.series", "must not be empty"))
    if payload.horizon < 1:
        errors.append(FieldError(f"{field}.horizon", "counts steps ahead, from 1"))


def _check_class_label(errors: Errors, field: str, label: ClassLabel) -> None:
    if not label.cls:
        errors.append(FieldError(f"{field}.class", "must not be empty"))


def _check_set_label(errors: Errors, field: str, label: SetLabel) -> None:
    _check_distinct(errors, f"{field}.labels", label.labels)


def _check_relevance(errors: Errors, field: str, label: RelevanceLabel) -> None:
    for item, relevance in label.relevance.items():
        if relevance < 0:
            errors.append(FieldError(f"{field}.relevance[{item[:64]}]", "is negative: relevance is 0 or more"))


def _check_distinct(errors: Errors, field: str, values: Iterable[str]) -> None:
    values = list(values)
    if len(set(values)) != len(values):
        errors.append(FieldError(field, "has an item twice: name each once"))
    if "" in values:
        errors.append(FieldError(field, "has an empty name"))


_Check = Callable[[Errors, str, Any], None]
_PREDICTIONS: dict[object, _Check] = {
    "binary": _check_binary,
    "multiclass": _check_classes,
    "multilabel": _check_multilabel,
    "regression": _nothing,
    "quantile": _check_quantile,
    "clustering": _check_cluster,
    "ranking": _check_ranking,
    "forecasting": _check_forecast,
}
_LABELS: dict[object, _Check] = {
    "class": _check_class_label,
    "multilabel": _check_set_label,
    "value": _nothing,
    "clustering": _check_cluster,
    "ranking": _check_relevance,
}
