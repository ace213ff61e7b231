"""The predicted and the true value of a payload and a label, by task; None when they do not fit it."""

from collections.abc import Mapping
from math import isfinite
from typing import NamedTuple

from headwater.contracts.predictions import (
    BinaryPrediction,
    ClassLabel,
    Label,
    MulticlassPrediction,
    Prediction,
    RegressionPrediction,
    ValueLabel,
)
from headwater.evaluation import binary_labels
from headwater.metrics_engine.profile import Profile

Term = str | float


class Pair(NamedTuple):
    """One labelled row as input of a state."""

    true: Term
    predicted: Term
    weight: float


def pair_of(prediction: Prediction, label: Label | None, weight: float, profile: Profile) -> Pair | None:
    """The row's contribution; None without a label, or when payload, label or weight cannot be used."""
    if label is None or not (isfinite(weight) and weight >= 0):
        return None
    predicted, true = predicted_term(prediction, profile), true_term(label, profile.task)
    if predicted is None or true is None:
        return None
    if isinstance(true, float) and not isfinite(float(predicted) - true):
        return None
    return Pair(true, predicted, weight)


def predicted_term(prediction: Prediction, profile: Profile) -> Term | None:
    """The predicted class (stated, else from the scores) or value."""
    match prediction:
        case BinaryPrediction() if profile.task == "binary":
            return _binary_class(prediction, profile) if prediction.cls is None else prediction.cls
        case MulticlassPrediction() if profile.task == "multiclass":
            return _highest(prediction.scores) if prediction.cls is None else prediction.cls
        case RegressionPrediction() if profile.task == "regression":
            return float(prediction.value) if isfinite(prediction.value) else None
    return None


def true_term(label: Label, task: str) -> Term | None:
    match label:
        case ClassLabel() if task in ("binary", "multiclass"):
            return label.cls
        case ValueLabel() if task == "regression":
            return float(label.value) if isfinite(label.value) else None
    return None


def _binary_class(prediction: BinaryPrediction, profile: Profile) -> str | None:
    """Positive from the threshold on (default 0.5); without a score of the positive class, the highest score."""
    scores = prediction.scores or {}
    sides = binary_labels(profile.label_set, profile.positive, scores)
    if sides is None or sides[1] not in scores:
        return _highest(scores)
    negative, positive = sides
    if scores[positive] >= (0.5 if profile.threshold is None else profile.threshold):
        return positive
    return negative if negative is not None else f"not {positive}"


def _highest(scores: Mapping[str, float] | None) -> str | None:
    """The class of the highest score; of equal ones the first in sort order."""
    return min(scores, key=lambda cls: (-scores[cls], cls)) if scores else None
