"""Models, predictions, labels and metrics over HTTP."""

import gzip
import json
from typing import Any

import pytest

from headwater.contracts import topics

Event = dict[str, Any]
MODEL = {"namespace": "team-a", "name": "churn"}
AT = "2026-03-01T11:00:00Z"
MICROS = 1772362800000000


def test_a_prediction_is_stored_with_its_type_and_its_time_as_microseconds(gateway: Any, prediction: Event) -> None:
    answer = gateway.post("/api/v1/predictions", prediction | {"colour": "kept"})
    assert (answer.status_code, answer.json["rows"]) == (201, 1)
    assert answer.json["notes"] == ["unknown field `colour` is not read"]
    [record] = gateway.log(topics.PREDICTION_EVENTS)
    assert json.loads(dict(record.headers)["notes"]) == answer.json["notes"]
    stored = json.loads(record.value)
    assert (stored["type"], stored["event_time"], stored["colour"]) == ("prediction", MICROS, "kept")
    assert record.key.startswith(b"team-a\0churn\0")


def test_a_label_lands_on_the_shard_of_its_prediction(gateway: Any, prediction: Event) -> None:
    label = {"model": MODEL, "prediction_id": "p-1", "event_time": AT, "label": {"task": "class", "class": "no"}}
    gateway.post("/api/v1/predictions", prediction)
    assert gateway.post("/api/v1/labels", label).status_code == 201
    first, second = gateway.log(topics.PREDICTION_EVENTS)
    assert first.key == second.key


def test_many_predictions_as_ndjson_are_one_record_each(gateway: Any, prediction: Event) -> None:
    lines = [json.dumps(prediction | {"id": f"p-{n}"}) for n in range(3)]
    body = "\r\n".join(["", lines[0], "", *lines[1:], ""]).encode()
    answer = gateway.post("/api/v1/predictions", body, content_type="application/x-ndjson")
    assert answer.json == {"events": 3, "rows": 3, "notes": []}
    assert [json.loads(r.value)["id"] for r in gateway.log(topics.PREDICTION_EVENTS)] == ["p-0", "p-1", "p-2"]


def test_notes_on_events_sent_as_lines_name_their_lines(gateway: Any, prediction: Event) -> None:
    events = [prediction, prediction | {"wieght": 2}, prediction | {"colour": 1}, *[prediction | {"wieght": 2}] * 4]
    body = "\n\n".join(map(json.dumps, events)).encode()
    answer = gateway.post("/api/v1/predictions", body, content_type="application/x-ndjson")
    assert answer.json["notes"] == [
        "unknown field `wieght` is not read; did you mean `weight`? (lines 3, 7, 9 and 2 more)",
        "unknown field `colour` is not read (line 5)",
    ]
    [first, second, *_] = gateway.log(topics.PREDICTION_EVENTS)
    assert "notes" not in dict(first.headers)
    assert b"`weight`" in dict(second.headers)["notes"]


def test_one_bad_line_refuses_the_request_and_is_named(gateway: Any, prediction: Event) -> None:
    lines = [json.dumps(prediction), "", json.dumps(prediction | {"weight": -1}), "{"]
    answer = gateway.post("/api/v1/predictions", "\n".join(lines).encode(), content_type="application/x-ndjson")
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json["errors"]] == ["line 3: weight", "line 4"]
    assert gateway.log(topics.PREDICTION_EVENTS) == []


def test_a_batch_by_column_is_one_record_and_counts_its_rows(gateway: Any) -> None:
    batch = {
        "model": MODEL,
        "version": "3",
        "task": "binary",
        "ids": ["a", "b", "c"],
        "event_time": [AT, AT, MICROS],
        "scores": {"yes": [0.1, 0.9, 1.0]},
    }
    body = gzip.compress(json.dumps(batch).encode())
    answer = gateway.post("/api/v1/predictions", body, headers={"Content-Encoding": "gzip"})
    assert answer.json == {"events": 1, "rows": 3, "notes": []}
    [record] = gateway.log(topics.PREDICTION_EVENTS)
    assert json.loads(record.value)["event_time"] == [MICROS] * 3


def test_labels_by_column_are_accepted(gateway: Any) -> None:
    labels = {"model": MODEL, "prediction_ids": ["a", "b"], "event_time": AT, "classes": ["yes", "no"]}
    assert gateway.post("/api/v1/labels", labels).json["rows"] == 2


def test_model_events_go_to_their_own_topic(gateway: Any) -> None:
    event = {**MODEL, "version": "3", "action": "trained", "event_time": AT, "task": "binary"}
    assert gateway.post("/api/v1/models/events", event).status_code == 201
    [record] = gateway.log(topics.MODEL_EVENTS)
    assert (record.key, json.loads(record.value)["event_time"]) == (b"team-a\0churn", MICROS)


def test_a_metric_computed_elsewhere_is_accepted(gateway: Any) -> None:
    metric = {
        "model": MODEL,
        "version": "3",
        "metric": "f1",
        "value": 0.8,
        "window_start": AT,
        "window_end": MICROS + 1,
    }
    assert gateway.post("/api/v1/metrics", metric).status_code == 201
    [record] = gateway.log(topics.PREDICTION_EVENTS)
    assert json.loads(record.value)["window_start"] == MICROS


def test_a_route_accepts_only_its_own_events(gateway: Any, prediction: Event) -> None:
    for path in ("/api/v1/labels", "/api/v1/metrics", "/api/v1/models/events"):
        assert gateway.post(path, prediction | {"type": "prediction"}).status_code == 422


def test_a_score_that_is_nan_is_refused_with_its_row(gateway: Any) -> None:
    batch = {"model": MODEL, "version": "3", "task": "regression", "ids": ["a", "b"], "event_time": AT}
    answer = gateway.post("/api/v1/predictions", batch | {"values": [1.0, float("nan")]})
    [error] = answer.json["errors"]
    assert (answer.status_code, error["field"]) == (422, "values[1]")
    assert "NaN" in error["message"]


@pytest.mark.parametrize("path", ["/api/v1/predictions", "/api/v1/labels"])
def test_a_key_may_send_only_for_models_in_its_namespaces(gateway: Any, prediction: Event, path: str) -> None:
    other = {"namespace": "team-b", "name": "churn"}
    body = prediction if path.endswith("predictions") else {"prediction_id": "p", "event_time": AT, "label": None}
    assert gateway.post(path, body | {"model": MODEL}, key="team-a").status_code == 201
    assert gateway.post(path, body | {"model": other}, key="team-a").status_code == 403
    lines = b"\n".join(json.dumps(body | {"model": model}).encode() for model in (MODEL, other))
    assert gateway.post(path, lines, key="team-a", content_type="application/x-ndjson").status_code == 403
    assert len(gateway.log(topics.PREDICTION_EVENTS)) == 1
