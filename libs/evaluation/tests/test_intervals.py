"""Intervals: known values, and their actual coverage."""

import numpy as np
import pytest

from headwater.evaluation import evaluate
from headwater.evaluation.intervals import effective_size, mean_interval, wilson
from headwater.evaluation.states import EMPTY, Mass


def test_wilson_gives_the_textbook_interval() -> None:
    interval = wilson(0.1, 50)  # Newcombe 1998, method 3, for 5 of 50 gives .0435 to .2136
    assert interval == pytest.approx((0.0435, 0.2136), abs=5e-5)


@pytest.mark.parametrize(("proportion", "bound"), [(0.0, 0), (1.0, 1)])
def test_wilson_reaches_the_ends_exactly(proportion: float, bound: int) -> None:
    interval = wilson(proportion, 7)
    assert interval is not None
    assert interval[bound] == proportion


def test_equal_weights_are_as_many_rows_as_they_are() -> None:
    assert effective_size(Mass.of(np.full(8, 0.3), 8)) == 8
    assert effective_size(Mass.of(np.array([1.0, 0.0]), 2)) == 1
    assert effective_size(EMPTY) == 0


def test_too_few_rows_give_no_interval() -> None:
    assert wilson(0.5, 0) is None
    assert mean_interval(1.0, 1.0, 1) is None


@pytest.mark.parametrize(("name", "truth"), [("mae", np.sqrt(2 / np.pi)), ("rmse", 1.0)])
def test_the_interval_of_an_error_holds_the_truth_about_19_times_in_20(name: str, truth: float) -> None:
    rng = np.random.default_rng(3)
    hits = 0
    for _ in range(400):
        errors = rng.normal(size=200)
        [estimate] = evaluate("regression", np.zeros(200), errors, metrics=[name])
        assert estimate.interval is not None
        hits += estimate.interval[0] <= truth <= estimate.interval[1]
    assert 0.92 <= hits / 400 <= 0.98


def test_the_interval_of_f1_holds_the_truth_about_19_times_in_20() -> None:
    rng = np.random.default_rng(4)
    hits = 0
    for _ in range(400):
        truth = rng.random(300) < 0.5
        predicted = np.where(rng.random(300) < 0.8, truth, ~truth)  # precision and recall are 0.8, so is F1
        [estimate] = evaluate("binary", truth, predicted, metrics=["f1"])
        assert estimate.interval is not None
        hits += estimate.interval[0] <= 0.8 <= estimate.interval[1]
    assert 0.92 <= hits / 400 <= 0.99
