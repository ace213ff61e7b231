"""From arrays to values: undefined is a reason, bad input an error that names the field."""

from typing import Any

import pytest

from headwater.evaluation import Estimate, Parameters, evaluate, finalise
from headwater.evaluation.states import Residuals, zero


def by_name(estimates: list[Estimate]) -> dict[str, Estimate]:
    return {estimate.metric: estimate for estimate in estimates}


def test_a_binary_task_is_measured_by_its_default_metrics() -> None:
    found = by_name(evaluate("binary", [0, 1, 1, 0], [0, 1, 0, 1]))
    assert {name: e.value for name, e in found.items()} == {"accuracy": 0.5, "precision": 0.5, "recall": 0.5, "f1": 0.5}
    assert all(e.n == e.labelled == 4 and e.reason is None for e in found.values())


def test_scores_are_cut_at_the_threshold() -> None:
    asked = Parameters(positive="churn", threshold=0.8)
    found = evaluate("binary", ["churn", "stay"], y_score=[0.9, 0.7], metrics=["accuracy"], parameters=asked)
    assert found[0].value == 1.0


def test_scores_are_cut_at_one_half_by_default() -> None:
    assert evaluate("binary", [1, 0, 1], y_score=[0.5, 0.4, 0.4], metrics=["accuracy"])[0].value == 2 / 3


@pytest.mark.parametrize(
    ("task", "true", "predicted", "name", "reason"),
    [
        ("binary", [], [], "accuracy", "no_data"),
        ("binary", ["a"], ["a"], "precision", "one_class"),
        ("binary", ["no"], ["no"], "precision", "zero_denominator"),
        ("binary", ["no"], ["no"], "recall", "zero_denominator"),
        ("binary", ["no"], ["no"], "f1", "zero_denominator"),
        ("binary", ["no"], ["no"], "rmse", "not_applicable"),
        ("ranking", [1], [1], "accuracy", "not_applicable"),
        ("regression", [1.0], [1.0], "r2", "too_few"),
        ("regression", [2.0, 2.0], [1.0, 2.0], "r2", "zero_denominator"),
        ("regression", [0.0, 1.0], [1.7e308, 1.7e308], "rmse", None),
    ],
)
def test_an_undefined_value_is_null_with_its_reason(
    task: str, true: list[Any], predicted: list[Any], name: str, reason: str | None
) -> None:
    [estimate] = evaluate(task, true, predicted, metrics=[name])
    assert estimate.reason == reason
    assert (estimate.value is None) == (reason is not None)


def test_a_sum_beyond_the_largest_float_is_not_finite() -> None:
    [r2] = evaluate("regression", [0.0, 1e-160], [1e160, 1e160], metrics=["r2"])
    assert (r2.value, r2.reason) == (None, "not_finite")


def test_weights_that_are_all_zero_leave_nothing_to_divide_by() -> None:
    for task, true, predicted in (("binary", ["0"], ["0"]), ("multiclass", ["a"], ["a"]), ("regression", [1.0], [1.0])):
        for estimate in evaluate(task, true, predicted, [0.0]):
            assert estimate.reason in ("zero_denominator", "too_few")


def test_a_task_without_metrics_yet_is_reported() -> None:
    assert {estimate.reason for estimate in evaluate("forecasting", [1.0], [1.0])} == {"not_applicable"}


def test_predictions_without_labels_are_counted() -> None:
    [estimate] = finalise("binary", zero("binary"), names=["accuracy"], parameters=Parameters(), n=3)
    assert (estimate.value, estimate.reason, estimate.n, estimate.labelled) == (None, "no_labels", 3, 0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"task": "binary", "y_true": [1], "y_pred": [1], "metrics": ["fame"]}, "metrics: 'fame'"),
        ({"task": "binary", "y_true": [1], "y_pred": [1, 0]}, "y_pred has 2 rows, y_true 1"),
        ({"task": "binary", "y_true": [1]}, "y_pred: give either"),
        ({"task": "binary", "y_true": [1], "y_pred": [1], "y_score": [0.5]}, "y_pred: give either"),
        ({"task": "binary", "y_true": ["a"], "y_score": [0.5]}, r"params\.positive"),
        ({"task": "binary", "y_true": [1], "y_score": [float("nan")]}, r"y_score\[0\]"),
        ({"task": "multiclass", "y_true": [1], "y_score": [0.5]}, "y_score is only for the task binary"),
        ({"task": "regression", "y_true": ["x"], "y_pred": [1.0]}, "y_true must be a list of numbers"),
        ({"task": "regression", "y_true": [1.0], "y_pred": [float("inf")]}, r"y_pred\[0\]"),
        ({"task": "regression", "y_true": [1.0]}, "y_pred is missing"),
        ({"task": "binary", "y_true": [1], "y_pred": [1], "weights": [-1.0]}, r"weights\[0\] is negative"),
    ],
)
def test_bad_input_names_the_field(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        evaluate(**arguments)


def test_a_state_of_another_kind_is_a_bug_not_a_value() -> None:
    state = Residuals().update([1.0], [1.0])
    with pytest.raises(TypeError):
        finalise("binary", state, names=["accuracy"], parameters=Parameters(), n=1)
