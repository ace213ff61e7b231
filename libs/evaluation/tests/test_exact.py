"""Sums without rounding: compared with rational arithmetic, for all floats."""

import math
import random
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.evaluation import exact
from headwater.evaluation.exact import ONE, ZERO, Exact, dot, integer, ratio, sqrt_ratio, total, triple

floats = st.floats(allow_nan=False, allow_infinity=False)
columns = st.lists(st.tuples(floats, floats, floats), max_size=40)
exacts = st.builds(Exact.of, st.integers(-(2**200), 2**200), st.integers(-3000, 3000))


def fraction(value: Exact) -> Fraction:
    return Fraction(value.mantissa) * Fraction(2) ** value.exponent


def array(values: list[float]) -> exact.Floats:
    return np.array(values, dtype=np.float64)


@given(st.lists(floats, max_size=60))
def test_a_sum_is_the_sum_of_the_fractions(values: list[float]) -> None:
    assert fraction(total(array(values))) == sum(map(Fraction, values))


@given(columns)
def test_products_are_summed_without_error(rows: list[tuple[float, float, float]]) -> None:
    x, y, z = (array([row[i] for row in rows]) for i in range(3))
    assert fraction(dot(x, y)) == sum(Fraction(a) * Fraction(b) for a, b, _ in rows)
    assert fraction(triple(x, y, z)) == sum(Fraction(a) * Fraction(b) * Fraction(c) for a, b, c in rows)


@given(st.lists(floats, min_size=1, max_size=40), st.randoms(use_true_random=False), st.integers(0, 40))
def test_any_order_and_grouping_gives_the_same_number(values: list[float], rng: random.Random, cut: int) -> None:
    shuffled = rng.sample(values, len(values))
    parts = total(array(shuffled[:cut])) + total(array(shuffled[cut:]))
    assert parts == total(array(values))


@given(exacts, exacts)
def test_adding_and_taking_away_cancel(a: Exact, b: Exact) -> None:
    assert a + b - b == a
    assert a - a == ZERO


@given(exacts, exacts)
def test_arithmetic_is_that_of_fractions(a: Exact, b: Exact) -> None:
    assert fraction(a + b) == fraction(a) + fraction(b)
    assert fraction(a - b) == fraction(a) - fraction(b)
    assert fraction(a * b) == fraction(a) * fraction(b)


@given(floats)
def test_a_float_comes_back_as_it_went_in(value: float) -> None:
    assert float(Exact.from_float(value)) == value


@given(st.integers(0, 2**300), st.integers(1, 2**300))
def test_a_root_is_rounded_once(above: int, below: int) -> None:
    root = sqrt_ratio(integer(above), integer(below))
    # The true root is between the midpoints to the neighbours of a correctly rounded one.
    low = (Fraction(root) + Fraction(math.nextafter(root, -math.inf))) / 2
    high = (Fraction(root) + Fraction(math.nextafter(root, math.inf))) / 2
    assert max(low, Fraction(0)) ** 2 <= Fraction(above, below) <= high**2


def test_the_bits_that_cancel_are_not_lost() -> None:
    assert float(total(array([1e300, 1.0, -1e300]))) == 1.0
    assert float(total(array([5e-324] * 3))) == 1.5e-323


def test_more_rows_than_a_pass_takes_are_summed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exact, "_CHUNK", 7)
    values = [0.1 * i for i in range(50)]
    assert fraction(total(array(values))) == sum(map(Fraction, values))


def test_an_empty_array_sums_to_zero() -> None:
    assert total(array([])) == dot(array([]), array([])) == ZERO


def test_a_quotient_by_nothing_and_one_beyond_the_largest_float_are_errors() -> None:
    with pytest.raises(ZeroDivisionError):
        ratio(ONE, ZERO)
    with pytest.raises(ZeroDivisionError):
        sqrt_ratio(ONE, ZERO)
    with pytest.raises(OverflowError):
        ratio(Exact.of(1, 2000), ONE)
