"""Measured quality: one message per window revision, with all its metrics. Times are microseconds UTC."""

from typing import Literal

import msgspec

from headwater.contracts.predictions import ModelRef

Reason = Literal[
    "no_data", "no_labels", "one_class", "zero_denominator", "too_few", "not_applicable", "not_finite", "unreadable"
]
"""Why there is no value. `unreadable`: the stored state of the window was damaged, or written by a newer program."""


Source = Literal["computed", "reported"]
"""Whether the metrics-engine computed a value from predictions and labels, or a producer reported it."""


def reported_definition(metric: str) -> str:
    """The definition id of a metric that a producer reports: only the producer knows how it is computed."""
    return f"{metric}@reported"


class Window(msgspec.Struct, frozen=True):
    """Half open: start <= event time < end."""

    start: int
    end: int


class Slice(msgspec.Struct, frozen=True):
    name: str
    value: str


class MetricValue(msgspec.Struct, frozen=True, kw_only=True):
    """`value` is null exactly when `reason` is set; `interval` is [lower, upper] at 95 %."""

    metric: str
    definition: str
    value: float | None
    reason: Reason | None = None
    interval: tuple[float, float] | None = None
    n: int
    labelled: int


class MetricResult(msgspec.Struct, frozen=True, kw_only=True):
    """All metrics of one window at one revision. `id` is deterministic: consumers drop what they have seen.

    Values of different `source` are different series, whatever their names: a revision of one does not affect the
    other.
    """

    id: str
    model: ModelRef
    version: str
    source: Source
    window: Window
    slice: Slice | None = None
    revision: int
    computed_at: int
    results: list[MetricValue]
