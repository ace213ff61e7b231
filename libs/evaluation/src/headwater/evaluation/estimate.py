"""The result of a metric: a value with its uncertainty, or the reason why there is none."""

from dataclasses import dataclass
from typing import Literal

from headwater.evaluation.intervals import Interval

Reason = Literal["no_data", "no_labels", "one_class", "zero_denominator", "too_few", "not_applicable", "not_finite"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """`value` is None exactly when `reason` is set."""

    value: float | None
    reason: Reason | None = None
    interval: Interval | None = None


def undefined(reason: Reason) -> Outcome:
    return Outcome(None, reason)


@dataclass(frozen=True, slots=True)
class Parameters:
    """Parameters of a definition.

    `positive`: the class counted as positive; `labels`: the declared classes; `threshold`: the score from
    which a row is predicted positive (default 0.5).
    """

    positive: str | None = None
    labels: tuple[str, ...] | None = None
    threshold: float | None = None


@dataclass(frozen=True, slots=True)
class Estimate:
    """One metric of some rows. `n`: predictions; `labelled`: those with a known label that contribute to the value."""

    metric: str
    definition: str
    value: float | None
    reason: Reason | None
    interval: Interval | None
    n: int
    labelled: int
