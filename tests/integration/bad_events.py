"""Invalid events, each with the field that the refusal must name."""

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

Event = dict[str, Any]
AT = "2026-03-01T12:00:00Z"
MODEL = {"namespace": "ml", "name": "bad-input"}
LINEAGE, MODELS, PREDICTIONS, LABELS, METRICS = (
    "/api/v1/lineage",
    "/api/v1/models/events",
    "/api/v1/predictions",
    "/api/v1/labels",
    "/api/v1/metrics",
)
WRITES = (LINEAGE, "/api/v1/lineage/batch", MODELS, PREDICTIONS, LABELS, METRICS)


def tomorrow_but_one() -> str:
    return (datetime.now(UTC) + timedelta(days=2)).isoformat()


def run_event(**changes: Any) -> Event:
    """A good lineage event with some members changed; None takes a member away."""
    good = {
        "eventType": "COMPLETE",
        "eventTime": AT,
        "run": {"runId": "0195512e-7a00-7000-8000-000000000001"},
        "job": {"namespace": "bad", "name": "input"},
        "inputs": [{"namespace": "bad", "name": "raw"}],
        "outputs": [{"namespace": "bad", "name": "clean"}],
    }
    return {name: value for name, value in (good | changes).items() if value is not None}


def named(**job: Any) -> Event:
    return {"namespace": "bad", "name": "input"} | job


PREDICTION = {
    "id": "p-1",
    "event_time": AT,
    "model": MODEL,
    "version": "1",
    "prediction": {"task": "binary", "class": "yes", "scores": {"yes": 0.8}},
}
BATCH = {
    "model": MODEL,
    "version": "1",
    "task": "regression",
    "ids": ["a", "b"],
    "event_time": AT,
    "values": [1.0, 2.0],
}
LABEL = {"model": MODEL, "prediction_id": "p-1", "event_time": AT, "label": {"task": "class", "class": "no"}}
TRAINED = MODEL | {"version": "1", "action": "trained", "event_time": AT, "task": "binary"}
METRIC = {
    "model": MODEL,
    "version": "1",
    "metric": "f1",
    "value": 0.8,
    "window_start": "2026-03-01T00:00:00Z",
    "window_end": "2026-03-02T00:00:00Z",
}


class Bad(NamedTuple):
    """`event` sent to `path` is refused with 422, and `field` is among those named."""

    path: str
    event: Event
    field: str

    def __str__(self) -> str:
        return f"{self.path.rpartition('/')[2]}-{self.field}"


BROKEN = [
    Bad(LINEAGE, run_event(job=None), "job"),
    Bad(LINEAGE, run_event(job="daily"), "job"),
    Bad(LINEAGE, run_event(job=named(name=None)), "job.name"),
    Bad(LINEAGE, run_event(job=named(name="")), "job.name"),
    Bad(LINEAGE, run_event(job=named(namespace=" ")), "job.namespace"),
    Bad(LINEAGE, run_event(job=named(name="a\0b")), "job.name"),
    Bad(LINEAGE, run_event(job=named(name="a\ud800b")), "job.name"),
    Bad(LINEAGE, run_event(job=named(name="n" * 5000)), "job.name"),
    Bad(LINEAGE, run_event(run={}), "run.runId"),
    Bad(LINEAGE, run_event(run={"runId": 7}), "run.runId"),
    Bad(LINEAGE, run_event(inputs=[{"namespace": "bad"}]), "inputs[0].name"),
    Bad(LINEAGE, run_event(outputs=[{"namespace": "bad", "name": "\0"}]), "outputs[0].name"),
    Bad(LINEAGE, run_event(outputs={}), "outputs"),
    Bad(LINEAGE, run_event(eventTime=None), "eventTime"),
    Bad(LINEAGE, run_event(eventTime="yesterday"), "eventTime"),
    Bad(LINEAGE, run_event(eventTime=1772366400), "eventTime"),
    Bad(LINEAGE, run_event(eventTime=tomorrow_but_one()), "eventTime"),
    Bad(LINEAGE, run_event(eventType="FINISHED"), "eventType"),
    Bad(MODELS, TRAINED | {"name": ""}, "name"),
    Bad(MODELS, TRAINED | {"version": ""}, "version"),
    Bad(MODELS, TRAINED | {"action": "born"}, "action"),
    Bad(MODELS, TRAINED | {"label_set": ["yes"]}, "label_set"),
    Bad(MODELS, TRAINED | {"event_time": tomorrow_but_one()}, "event_time"),
    Bad(PREDICTIONS, PREDICTION | {"id": ""}, "id"),
    Bad(PREDICTIONS, PREDICTION | {"model": "churn"}, "model"),
    Bad(PREDICTIONS, PREDICTION | {"weight": -1}, "weight"),
    Bad(PREDICTIONS, PREDICTION | {"event_time": tomorrow_but_one()}, "event_time"),
    Bad(PREDICTIONS, PREDICTION | {"prediction": {"task": "binary", "scores": {"yes": 1.5}}}, "prediction.scores[yes]"),
    Bad(PREDICTIONS, PREDICTION | {"prediction": {"task": "guess"}}, "prediction.task"),
    Bad(PREDICTIONS, BATCH | {"values": [1.0]}, "values"),
    Bad(PREDICTIONS, BATCH | {"values": [1.0, float("nan")]}, "values[1]"),
    Bad(PREDICTIONS, BATCH | {"ids": ["a", ""]}, "ids[1]"),
    Bad(PREDICTIONS, BATCH | {"ids": []}, "ids"),
    Bad(LABELS, LABEL | {"prediction_id": ""}, "prediction_id"),
    Bad(LABELS, LABEL | {"label": {"task": "value", "value": float("inf")}}, "label.value"),
    Bad(LABELS, {"model": MODEL, "prediction_ids": ["a", "b"], "event_time": AT, "classes": ["yes"]}, "classes"),
    Bad(METRICS, METRIC | {"value": "high"}, "value"),
    Bad(METRICS, METRIC | {"window_end": "2026-02-28T00:00:00Z"}, "window_end"),
    Bad(METRICS, METRIC | {"n": -3}, "n"),
]
