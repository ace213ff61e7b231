"""The same metrics by scikit-learn; None where it has no finite value."""

import math
import warnings
from typing import Any

from sklearn import metrics as sk

from headwater.evaluation import as_label, binary_labels
from tests.accuracy.cases import Case

_CLASSES: dict[str, tuple[Any, dict[str, Any]]] = {
    "accuracy": (sk.accuracy_score, {}),
    "precision": (sk.precision_score, {"zero_division": math.nan}),
    "recall": (sk.recall_score, {"zero_division": math.nan}),
    "f1": (sk.f1_score, {"zero_division": math.nan}),
    "precision_macro": (sk.precision_score, {"zero_division": math.nan, "average": "macro"}),
    "recall_macro": (sk.recall_score, {"zero_division": math.nan, "average": "macro"}),
    "f1_macro": (sk.f1_score, {"zero_division": math.nan, "average": "macro"}),
}
_VALUES: dict[str, tuple[Any, dict[str, Any]]] = {
    "rmse": (sk.root_mean_squared_error, {}),
    "mae": (sk.mean_absolute_error, {}),
    "r2": (sk.r2_score, {"force_finite": False}),
}
COVERED = _CLASSES.keys() | _VALUES.keys()


def expected(metric: str, case: Case) -> float | None:
    """The reference value of a case."""
    function, options = {**_CLASSES, **_VALUES}[metric]
    true, predicted = list(case.y_true), list(case.y_pred)
    if metric in _CLASSES:
        true, predicted = [as_label(v) for v in true], [as_label(v) for v in predicted]
    if metric in ("precision", "recall", "f1"):
        sides = binary_labels(None, case.positive, {*true, *predicted})
        assert sides is not None, "a case must tell which class is positive"
        options = {**options, "pos_label": sides[1]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns where a value is undefined; the value says so too
        value = float(function(true, predicted, sample_weight=case.weights, **options))
    return value if math.isfinite(value) else None
