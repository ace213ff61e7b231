"""Responses about models, their measured quality, and single predictions."""

from typing import Any

import msgspec

from headwater.contracts.api.graph import Node, Scene


class ModelSummary(msgspec.Struct, kw_only=True):
    id: str
    namespace: str
    name: str
    task: str | None = None
    latest_version: str | None = None
    deployed_version: str | None = None
    versions: int = 0
    status: str | None = None
    last_seen: str | None = None


class ModelPage(msgspec.Struct, kw_only=True):
    items: list[ModelSummary]
    next_cursor: str | None = None


class VersionSummary(msgspec.Struct, kw_only=True):
    """`stage`: registered, trained, deployed or retired, the latest by event time."""

    id: str
    version: str
    stage: str
    registered_at: str | None = None
    deployed_at: str | None = None
    training_datasets: list[Node] = []
    outputs: list[Node] = []
    training_metrics: dict[str, float] = {}


class ModelDetail(ModelSummary, kw_only=True):
    description: str | None = None
    label_set: list[str] | None = None
    version_list: list[VersionSummary] = []


class MetricPoint(msgspec.Struct, kw_only=True):
    """One metric of one window; `value` is null exactly when `reason` is set. `source`: computed or reported."""

    metric: str
    source: str = "computed"
    definition: str
    version: str
    window_start: str
    window_end: str
    value: float | None
    reason: str | None = None
    interval: tuple[float, float] | None = None
    n: int = 0
    labelled: int = 0
    slice: dict[str, str] | None = None
    revision: int = 1


class MetricThreshold(msgspec.Struct, kw_only=True):
    rule_id: str
    rule_name: str
    metric: str
    source: str = "computed"
    comparison: str
    threshold: float
    severity: str


class MetricSeries(msgspec.Struct, kw_only=True):
    """Response of `/models/{id}/metrics` and `/models/{id}/versions/{version}/metrics`, by window then version.

    `metrics` lists every metric of the requested source that has points, `reported` the metrics that producers reported
    for the model, `thresholds` the alert rules that judge them."""

    points: list[MetricPoint]
    metrics: list[str] = []
    reported: list[str] = []
    thresholds: list[MetricThreshold] = []


class LabelEntry(msgspec.Struct, kw_only=True):
    event_time: str
    label: dict[str, Any] | None


class PredictionDetail(msgspec.Struct, kw_only=True):
    """One prediction and the data behind it as of its time. `kept_days`: how long rows are kept (a setting)."""

    id: str
    model_id: str
    model_namespace: str
    model_name: str
    version: str
    version_id: str
    event_time: str
    prediction: dict[str, Any]
    weight: float
    slices: dict[str, str] = {}
    features: dict[str, Any] = {}
    labels: list[LabelEntry] = []
    output: Node | None = None
    run_id: str | None = None
    kept_days: int = 90
    scene: Scene | None = None
