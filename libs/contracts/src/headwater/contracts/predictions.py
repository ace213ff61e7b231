"""Predictions of models, and labels.

One payload type per task; a prediction is sent alone or in a columnar batch.
Times are RFC 3339 text from producers and integer microseconds after `normalise`.
"""

import msgspec

Time = str | int
Scalar = str | int | float | bool | None


class ModelRef(msgspec.Struct, frozen=True):
    namespace: str
    name: str


class DatasetRef(msgspec.Struct, frozen=True):
    namespace: str
    name: str


class RunRef(msgspec.Struct, frozen=True):
    """A run of a job."""

    namespace: str
    name: str
    run_id: str


class BinaryPrediction(msgspec.Struct, tag_field="task", tag="binary"):
    """`cls` is the predicted class; `scores` maps a class to its probability in [0, 1]."""

    cls: str | None = msgspec.field(default=None, name="class")
    scores: dict[str, float] | None = None


class MulticlassPrediction(msgspec.Struct, tag_field="task", tag="multiclass"):
    cls: str | None = msgspec.field(default=None, name="class")
    scores: dict[str, float] | None = None


class MultilabelPrediction(msgspec.Struct, tag_field="task", tag="multilabel"):
    labels: list[str]
    scores: dict[str, float] | None = None


class RegressionPrediction(msgspec.Struct, tag_field="task", tag="regression"):
    value: float


class QuantilePrediction(msgspec.Struct, tag_field="task", tag="quantile"):
    """`quantiles` maps a level such as "0.9" to its value; `interval` is [lower, upper] at `coverage`."""

    quantiles: dict[str, float] | None = None
    interval: tuple[float, float] | None = None
    coverage: float | None = None


class ClusteringPrediction(msgspec.Struct, tag_field="task", tag="clustering"):
    cluster: str
    vector: list[float] | None = None


class RankingPrediction(msgspec.Struct, tag_field="task", tag="ranking"):
    """One event per query: items best first."""

    query: str
    items: list[str]
    scores: list[float] | None = None


class ForecastPrediction(msgspec.Struct, tag_field="task", tag="forecasting"):
    """`horizon` counts steps ahead, from 1."""

    series: str
    horizon: int
    value: float


Prediction = (
    BinaryPrediction
    | MulticlassPrediction
    | MultilabelPrediction
    | RegressionPrediction
    | QuantilePrediction
    | ClusteringPrediction
    | RankingPrediction
    | ForecastPrediction
)


class PredictionEvent(msgspec.Struct, tag_field="type", tag="prediction", kw_only=True):
    """One prediction."""

    id: str
    event_time: Time
    model: ModelRef
    version: str
    prediction: Prediction
    output: DatasetRef | None = None
    run: RunRef | None = None
    weight: float = 1.0
    slices: dict[str, str] = {}
    features: dict[str, Scalar] = {}


class PredictionBatch(msgspec.Struct, tag_field="type", tag="predictions", kw_only=True):
    """Many predictions of one model version, by column; every column has the length of `ids`.

    `classes` and `scores` are for binary and multiclass, `values` for regression; `predictions` (payloads) for any
    task. `event_time` is one moment for all or one per row.
    """

    model: ModelRef
    version: str
    task: str
    ids: list[str]
    event_time: Time | list[Time]
    classes: list[str] | None = None
    scores: dict[str, list[float]] | None = None
    values: list[float] | None = None
    predictions: list[Prediction] | None = None
    weights: list[float] | None = None
    slices: dict[str, list[str]] = {}
    features: dict[str, list[Scalar]] = {}
    output: DatasetRef | None = None
    run: RunRef | None = None


class ClassLabel(msgspec.Struct, tag_field="task", tag="class"):
    """The true class, for binary and multiclass."""

    cls: str = msgspec.field(name="class")


class SetLabel(msgspec.Struct, tag_field="task", tag="multilabel"):
    labels: list[str]


class ValueLabel(msgspec.Struct, tag_field="task", tag="value"):
    """The true value, for regression, quantiles and forecasts."""

    value: float


class ClusterLabel(msgspec.Struct, tag_field="task", tag="clustering"):
    cluster: str


class RelevanceLabel(msgspec.Struct, tag_field="task", tag="ranking"):
    """Relevance by item, >= 0."""

    relevance: dict[str, float]


Label = ClassLabel | SetLabel | ValueLabel | ClusterLabel | RelevanceLabel


class LabelEvent(msgspec.Struct, tag_field="type", tag="label", kw_only=True):
    """The truth about one prediction, whenever it arrives. The latest by (event_time, digest) applies; `label` null
    retracts an earlier label."""

    model: ModelRef
    prediction_id: str
    event_time: Time
    label: Label | None


class LabelBatch(msgspec.Struct, tag_field="type", tag="labels", kw_only=True):
    """Many labels of one model, by column: `classes` or `values` or `labels`."""

    model: ModelRef
    prediction_ids: list[str]
    event_time: Time | list[Time]
    classes: list[str] | None = None
    values: list[float] | None = None
    labels: list[Label | None] | None = None


class ReportedMetric(msgspec.Struct, tag_field="type", tag="metric", kw_only=True):
    """A metric value computed elsewhere (`POST /api/v1/metrics`)."""

    model: ModelRef
    version: str
    metric: str
    value: float | None
    window_start: Time
    window_end: Time
    n: int | None = None
    interval: tuple[float, float] | None = None
    slices: dict[str, str] = {}


PredictionMessage = PredictionEvent | PredictionBatch | LabelEvent | LabelBatch | ReportedMetric
