"""Types of the metrics engine's query strings and bodies."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from headwater.contracts.metrics import MetricValue, Source
from headwater.contracts.models import Task
from headwater.contracts.problems import Problems
from headwater.contracts.times import parse_instant
from headwater.metrics_engine.windows import UNSLICED, SliceKey
from headwater.runtime.web.problem import invalid

Text = Annotated[str, Meta(min_length=1, max_length=512)]
Cell = bool | int | float | str
ALL_SLICES = "*"


class PredictionLookup(msgspec.Struct, kw_only=True):
    """`model`: id of the model; `id`: the prediction's own id, as its producer sent it."""

    model: Annotated[str, Meta(min_length=1, max_length=64)]
    id: Annotated[str, Meta(min_length=1, max_length=4096)]


class MetricFilter(msgspec.Struct, kw_only=True):
    """Filters for points: windows that start in [from, to), the newest `limit` of them.

    `source`: `computed` from predictions and labels, `reported` by producers, or `*` for both: values of one name from
    two sources are two series. `slice`: `name:value`, or `*` for all rows and every slice; without it all rows
    together.
    """

    metric: Text | None = None
    source: Literal["computed", "reported", "*"] = "computed"
    slice: Text | None = None
    version: Text | None = None
    from_: Text | None = msgspec.field(name="from", default=None)
    to: Text | None = None
    limit: Annotated[int, Meta(ge=1, le=10_000)] = 10_000

    def wanted_source(self) -> Source | None:
        """None: both."""
        return None if self.source == "*" else self.source

    def start_from(self) -> int | None:
        return _moment("from", self.from_)

    def start_before(self) -> int | None:
        return _moment("to", self.to)

    def slice_key(self) -> SliceKey | None:
        """None: every slice. Raises Problem 400."""
        if self.slice is None:
            return UNSLICED
        if self.slice == ALL_SLICES:
            return None
        name, colon, value = self.slice.partition(":")
        if not (name and colon):
            raise invalid(
                "slice", f"{self.slice!r} is not a slice: write name:value, or * for all", Problems.INVALID_QUERY
            )
        return name, value


class EvaluationParameters(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """`positive`: the class counted as positive; `labels`: all classes; `threshold`: for y_score, default 0.5."""

    positive: str | None = None
    labels: list[str] | None = None
    threshold: float | None = None


class Evaluation(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Arrays to evaluate; element i of each belongs to row i.

    `y_pred`: predicted classes or values; `y_score` instead (binary): scores of the positive class.
    `metrics`: names, default all of the task.
    """

    task: Task
    y_true: list[Cell]
    y_pred: list[Cell] | None = None
    y_score: list[float] | None = None
    sample_weight: list[float] | None = None
    metrics: list[str] | None = None
    params: EvaluationParameters = msgspec.field(default_factory=EvaluationParameters)


class EvaluationAnswer(msgspec.Struct, kw_only=True):
    """One result per metric; `value` is null exactly when `reason` is set."""

    task: str
    results: list[MetricValue]


def _moment(field: str, text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return parse_instant(text)
    except ValueError as error:
        raise invalid(field, str(error), Problems.INVALID_QUERY) from None
