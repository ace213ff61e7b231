"""Generated events of a few days, from a seed: lineage of every kind, and models with their metrics.

A seed gives the same history in every namespace, so that one product can hold it many times.
"""

import random
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from headwater.contracts import topics

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
NAMES = ("raw", "clean", "日本", "a/b c", "out", "scores")
LINEAGE = "/api/v1/lineage"


class Sent(NamedTuple):
    """One event, its route, and its inbound topic on Kafka."""

    path: str
    topic: str
    body: bytes


def history(space: str, seed: int, *, runs: int = 12, predictions: int = 30) -> list[Sent]:
    """The whole history, ordered by time within each kind. `space`: the namespace of every name in it."""
    chance = random.Random(seed)
    told = [event for number in range(runs) for event in _run(chance, space, number)]
    lineage = [_said(LINEAGE, topics.OPENLINEAGE_EVENTS, event) for event in told]
    return [*lineage, *_models(space), *_quality(chance, space, predictions)]


def _said(path: str, topic: str, event: dict[str, Any]) -> Sent:
    return Sent(path, topic, msgspec.json.encode(event))


def _time(minutes: float) -> str:
    return (BEGIN + timedelta(minutes=minutes)).isoformat()


def _run(chance: random.Random, space: str, number: int) -> list[dict[str, Any]]:
    """One run: some start after they ended, fail and run again, end twice, or have no START."""
    lives = (
        ("START", "COMPLETE"),
        ("COMPLETE", "START"),
        ("START", "FAIL", "START", "RUNNING", "COMPLETE"),
        ("FAIL", "COMPLETE"),
        ("START", "ABORT"),
        ("COMPLETE",),
        ("START", "RUNNING"),
        (None,),
    )
    job = {"namespace": space, "name": f"job {number % 5}"}
    begin = number * 60
    return [
        {
            "eventTime": _time(begin + step * chance.choice((0.01, 1, 7))),
            **({"eventType": state} if state else {}),
            "run": {"runId": f"run {number}", "facets": _parent(space, number)},
            "job": job,
            "inputs": [_dataset(chance, space) for _ in range(chance.randrange(3))],
            "outputs": [_dataset(chance, space) for _ in range(chance.randrange(3))],
        }
        for step, state in enumerate(chance.choice(lives))
    ]


def _parent(space: str, number: int) -> dict[str, Any]:
    if number % 3:
        return {}
    parent = {"run": {"runId": f"night {number}"}, "job": {"namespace": space, "name": "night"}}
    return {"parent": parent}


def _dataset(chance: random.Random, space: str) -> dict[str, Any]:
    one, other = chance.choice(NAMES), chance.choice(NAMES)
    column = {"inputFields": [{"namespace": space, "name": other, "field": "a"}]}
    facets: list[dict[str, Any]] = [
        {},
        {},
        {"schema": {"fields": [{"name": "a", "type": chance.choice(("int", "text"))}]}},
        {"schema": {"_deleted": True}},
        {"columnLineage": {"fields": {chance.choice("ab"): column}}},
        {"symlinks": {"identifiers": [{"namespace": space, "name": f"alias of {one}", "type": "TABLE"}]}},
        {"lifecycleStateChange": {"lifecycleStateChange": chance.choice(("DROP", "CREATE", "TRUNCATE"))}},
    ]
    return {"namespace": space, "name": one, "facets": chance.choice(facets)}


def _models(space: str) -> list[Sent]:
    told = [
        {
            "namespace": space,
            "name": "churn",
            "version": version,
            "action": action,
            "event_time": _time(minute),
            "task": "binary",
            "label_set": ["no", "yes"],
            "slices": {"region": ["eu", "us"]},
            **({"datasets": [{"namespace": space, "name": "clean"}]} if action == "trained" else {}),
        }
        for minute, (version, action) in enumerate(
            [("1", "registered"), ("1", "trained"), ("1", "deployed"), ("2", "trained"), ("1", "retired")]
        )
    ]
    return [_said("/api/v1/models/events", topics.HEADWATER_MODELS, event) for event in told]


def _quality(chance: random.Random, space: str, count: int) -> list[Sent]:
    """Predictions of three days; late, corrected and retracted labels; labels without prediction; reported metrics."""
    model = {"namespace": space, "name": "churn"}
    said: list[Sent] = []
    for number in range(count):
        prediction = {
            "id": f"p{number}",
            "event_time": _time(number * 150),
            "model": model,
            "version": chance.choice("12"),
            "prediction": {"task": "binary", "class": chance.choice(("yes", "no"))},
            "output": {"namespace": space, "name": "scores"},
            "weight": chance.choice((1.0, 0.3, 7.0)),
            "slices": {"region": chance.choice(("eu", "us", "mars"))},
        }
        said.append(_said("/api/v1/predictions", topics.HEADWATER_PREDICTIONS, prediction))
        for late, cls in enumerate(chance.choice((["yes"], ["no"], ["no", "yes"], ["yes", None], []))):
            label = None if cls is None else {"task": "class", "class": cls}
            about = {"model": model, "prediction_id": f"p{number}", "event_time": _time(number * 150 + 900 + late)}
            said.append(_said("/api/v1/labels", topics.HEADWATER_LABELS, {**about, "label": label}))
    orphan = {"model": model, "prediction_ids": ["x1", "x2"], "event_time": _time(5), "classes": ["no", "yes"]}
    said.append(_said("/api/v1/labels", topics.HEADWATER_LABELS, orphan))
    for day in range(3):
        reported = {"model": model, "version": "1", "metric": "auc", "value": chance.random(), "n": 10}
        window = {"window_start": _time(day * 1440), "window_end": _time(day * 1440 + 1440)}
        said.append(_said("/api/v1/metrics", topics.HEADWATER_PREDICTIONS, reported | window))
    return said
