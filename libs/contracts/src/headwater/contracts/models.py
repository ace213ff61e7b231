"""Model events: registered, trained, deployed, retired."""

from typing import Literal

import msgspec

from headwater.contracts.predictions import DatasetRef, RunRef, Time

Task = Literal["binary", "multiclass", "multilabel", "regression", "quantile", "clustering", "ranking", "forecasting"]
Action = Literal["registered", "trained", "deployed", "retired"]


class TrainingDataset(msgspec.Struct, frozen=True):
    namespace: str
    name: str
    version: str | None = None


class ModelEvent(msgspec.Struct, kw_only=True):
    """One event in the life cycle of one model version.

    `label_set` lists the classes, `positive` the class counted as positive (binary; default: the last of two);
    `slices` maps each declared slice to its declared values, all others count as `other`.
    """

    namespace: str
    name: str
    version: str
    action: Action
    event_time: Time
    task: Task | None = None
    label_set: list[str] | None = None
    positive: str | None = None
    threshold: float | None = None
    slices: dict[str, list[str]] = {}
    features: list[str] = []
    run: RunRef | None = None
    datasets: list[TrainingDataset] = []
    output: DatasetRef | None = None
    artifact_digest: str | None = None
    metrics: dict[str, float] = {}
    description: str | None = None


class ModelOutput(msgspec.Struct, kw_only=True):
    """A model version writes its predictions to a dataset (topic `model.outputs`, once per pair)."""

    namespace: str
    name: str
    version: str
    output: DatasetRef
    run: RunRef | None = None
    event_time: int
