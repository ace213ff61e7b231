"""Every metric equals scikit-learn on normal and edge cases, or is undefined where scikit-learn has no value."""

from collections.abc import Callable

import pytest

from headwater.evaluation import Parameters, evaluate, metrics
from headwater.evaluation.catalogue import CATALOGUE
from tests.accuracy.cases import CASES, Case
from tests.accuracy.oracle import COVERED, expected

TOLERANCE = 1e-12
ROWS = [
    pytest.param(task, metric.name, case, id=f"{task}-{metric.name}-{case.name}")
    for task, cases in CASES.items()
    for metric in metrics(task)
    for case in cases
]


@pytest.mark.parametrize(("task", "name", "case"), ROWS)
def test_the_value_is_that_of_scikit_learn(
    task: str, name: str, case: Case, record_property: Callable[[str, object], None]
) -> None:
    record_property("task", task)
    [estimate] = evaluate(
        task, case.y_true, case.y_pred, case.weights, [name], parameters=Parameters(positive=case.positive)
    )
    reference = expected(name, case)
    if reference is None:
        assert estimate.value is None
        assert estimate.reason in ("zero_denominator", "too_few")
    else:
        assert estimate.value == pytest.approx(reference, rel=TOLERANCE, abs=TOLERANCE)
        assert estimate.reason is None


@pytest.mark.parametrize(("task", "name", "case"), ROWS)
def test_the_interval_holds_the_value(task: str, name: str, case: Case) -> None:
    [estimate] = evaluate(
        task, case.y_true, case.y_pred, case.weights, [name], parameters=Parameters(positive=case.positive)
    )
    if estimate.interval is not None and estimate.value is not None:
        lower, upper = estimate.interval
        assert lower <= estimate.value <= upper


def test_no_metric_of_the_catalogue_is_left_out() -> None:
    assert {entry.name for entry in CATALOGUE} == COVERED
    assert {task for entry in CATALOGUE for task in entry.tasks} == CASES.keys()
