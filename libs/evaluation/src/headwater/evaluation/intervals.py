"""Intervals at 95 %."""

from math import sqrt

from headwater.evaluation.exact import ratio
from headwater.evaluation.states import Mass

Interval = tuple[float, float]

Z = 1.959963984540054  # the 97.5 % quantile of the normal distribution


def effective_size(mass: Mass) -> float:
    """(sum w)^2 / sum w^2: the number of equally weighted rows that would be as informative; 0 without weight."""
    return ratio(mass.weight * mass.weight, mass.square) if mass.square else 0.0


def wilson(proportion: float, size: float) -> Interval | None:
    """Score interval of a proportion; None without rows.

    Source: Wilson 1927, doi:10.1080/01621459.1927.10502953; with weights, `size` is the effective one.
    """
    if size <= 0:
        return None
    spread = Z * Z / size
    centre = (proportion + spread / 2) / (1 + spread)
    half = Z / (1 + spread) * sqrt(proportion * (1 - proportion) / size + spread / (4 * size))
    # At 0 and 1 the bound is the proportion itself; the formula would miss it by a rounding error.
    lower = 0.0 if proportion == 0 else max(0.0, centre - half)
    upper = 1.0 if proportion == 1 else min(1.0, centre + half)
    return min(lower, proportion), max(upper, proportion)


def mean_interval(mean: float, variance: float, size: float) -> Interval | None:
    """Normal interval of a mean >= 0 from the variance over rows; None below two effective rows."""
    if size < 2 or variance < 0:
        return None
    half = Z * sqrt(variance / (size - 1))
    return max(0.0, mean - half), mean + half
