"""The statistics with which two commits are compared."""

import math

import pytest

from bench.against import ratios


def test_the_ratio_is_the_geometric_mean() -> None:
    [found] = ratios({"row": [0.5, 2.0, 1.0]})
    assert (found.row, found.measured) == ("row", 3)
    assert found.mean == pytest.approx(1.0)
    assert found.low * found.high == pytest.approx(1.0)


def test_the_interval_is_that_of_students_t() -> None:
    """Logarithms 0 and 0.1: mean 0.05, standard error 0.05, t of one degree of freedom 12.7062."""
    [found] = ratios({"row": [1.0, math.exp(0.1)]})
    assert math.log(found.high) == pytest.approx(0.05 + 12.7062 * 0.05, rel=1e-4)
    assert found.wide


def test_ratios_that_agree_have_a_narrow_interval() -> None:
    [found] = ratios({"row": [1.02] * 5})
    assert (found.mean, found.low, found.high) == pytest.approx((1.02, 1.02, 1.02))
    assert not found.wide


def test_one_ratio_gives_no_interval() -> None:
    [found] = ratios({"row": [1.0]})
    assert found.wide
