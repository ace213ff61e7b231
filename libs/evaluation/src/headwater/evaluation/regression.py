"""Formulas over residuals: exact sums, rounded once. d is the prediction less the truth y, w the weight."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt

from headwater.evaluation.estimate import Outcome, Parameters, undefined
from headwater.evaluation.exact import ONE, ratio, sqrt_ratio
from headwater.evaluation.intervals import Interval, effective_size, mean_interval
from headwater.evaluation.states import Residuals


def _finite(formula: Callable[[Residuals], Outcome]) -> Callable[[Residuals, Parameters], Outcome]:
    """No value without weight, nor beyond the largest float."""

    def guarded(state: Residuals, _: Parameters) -> Outcome:
        if not state.mass.weight:
            return undefined("zero_denominator")
        try:
            return formula(state)
        except OverflowError:
            return undefined("not_finite")

    guarded.__doc__ = formula.__doc__
    return guarded


@_finite
def mae(state: Residuals) -> Outcome:
    """sum w |d| / sum w; the interval is normal, from the variance of |d|."""
    weight = state.mass.weight
    value = ratio(state.absolute, weight)
    variance = ratio(state.squared * weight - state.absolute * state.absolute, weight * weight)
    return Outcome(value, interval=mean_interval(value, variance, effective_size(state.mass)))


@_finite
def rmse(state: Residuals) -> Outcome:
    """sqrt(sum w d^2 / sum w); the interval is the root of the normal interval of the mean of d^2."""
    return Outcome(sqrt_ratio(state.squared, state.mass.weight), interval=_root_interval(state))


@_finite
def r2(state: Residuals) -> Outcome:
    """1 - sum w d^2 / sum w (y - mean)^2, both sums exact; without interval."""
    weight = state.mass.weight
    if state.rows < 2:
        return undefined("too_few")
    spread = weight * state.truth_squared - state.truth * state.truth
    if not spread:
        return undefined("zero_denominator")
    return Outcome(ratio(spread - state.squared * weight, spread))


def _root_interval(state: Residuals) -> Interval | None:
    weight = state.mass.weight
    try:
        mean = ratio(state.squared, weight)
        variance = ratio(state.fourth * weight - state.squared * state.squared, weight * weight)
    except OverflowError:  # the value fits a float, its fourth power does not
        return None
    bounds = mean_interval(mean, max(0.0, variance), effective_size(state.mass))
    value = sqrt_ratio(state.squared, weight * ONE)
    return None if bounds is None else (min(sqrt(bounds[0]), value), max(sqrt(bounds[1]), value))
