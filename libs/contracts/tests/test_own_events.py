"""Normalisation of model events, predictions, labels and metrics."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.contracts import own_events
from headwater.contracts.refusals import Invalid
from headwater.contracts.times import parse_instant

NOW = parse_instant("2026-03-01T12:00:00Z")
AT = "2026-03-01T11:00:00Z"
ONE = {
    "id": "p",
    "event_time": AT,
    "model": {"namespace": "n", "name": "m"},
    "version": "1",
    "prediction": {"task": "binary", "scores": {"yes": 0.5}},
}
BATCH = {
    "ids": ["a", "b"],
    "event_time": AT,
    "model": ONE["model"],
    "version": "1",
    "task": "binary",
    "scores": {"yes": [0.1, 0.9]},
}
LABEL = {"prediction_id": "p", "event_time": AT, "model": ONE["model"], "label": {"task": "class", "class": "yes"}}
LABELS = {"prediction_ids": ["a", "b"], "event_time": AT, "model": ONE["model"], "classes": ["yes", "no"]}
METRIC = {"model": ONE["model"], "version": "1", "metric": "f1", "value": 0.5, "window_start": AT, "window_end": AT}
METRIC["window_start"] = "2026-03-01T10:00:00Z"
MODEL = {"namespace": "n", "name": "m", "version": "1", "action": "trained", "event_time": AT}
NORMALISERS = (
    own_events.normalise_model,
    own_events.normalise_prediction,
    own_events.normalise_label,
    own_events.normalise_metric,
    own_events.normalise_sample,
)


def sent(value: object) -> bytes:
    return json.dumps(value).encode()


@given(
    st.binary(max_size=80)
    | st.dictionaries(
        st.sampled_from([*ONE, *BATCH, *LABEL, *METRIC, *MODEL, "type"]),
        st.sampled_from([*ONE.values(), *BATCH.values(), *LABEL.values(), *MODEL.values(), None, "label", -1, 1e300]),
    ).map(sent)
)
def test_whatever_comes_only_invalid_is_raised_and_what_passes_passes_again_unchanged(body: bytes) -> None:
    for normalise in NORMALISERS:
        try:
            first = normalise(body, received_at=NOW)
        except Invalid:
            continue
        second = normalise(first.value, received_at=NOW)
        assert (second.value, second.event_id, second.event_time) == (first.value, first.event_id, first.event_time)


@pytest.mark.parametrize(
    ("family", "event", "change", "field"),
    [
        ("prediction", ONE, {"id": ""}, "id"),
        ("prediction", ONE, {"id": "x" * 513}, "id"),
        ("prediction", ONE, {"id": "a\0"}, "id"),
        ("prediction", ONE, {"id": 7}, "id"),
        ("prediction", ONE, {"version": " "}, "version"),
        ("prediction", ONE, {"model": {"namespace": "n", "name": ""}}, "model.name"),
        ("prediction", ONE, {"weight": -0.5}, "weight"),
        ("prediction", ONE, {"event_time": 1772362800}, "event_time"),
        ("prediction", ONE, {"event_time": 1772362800000}, "event_time"),
        ("prediction", ONE, {"event_time": "2026-03-02T12:00:01Z"}, "event_time"),
        ("prediction", ONE, {"output": {"namespace": "", "name": "t"}}, "output.namespace"),
        ("prediction", ONE, {"type": "label"}, "type"),
        ("prediction", BATCH, {"ids": [], "scores": {"yes": []}}, "ids"),
        ("prediction", BATCH, {"ids": ["a", ""]}, "ids[1]"),
        ("prediction", BATCH, {"scores": {"yes": [0.1, 1.5]}}, "scores[yes][1]"),
        ("prediction", BATCH, {"scores": {"yes": [0.1]}}, "scores[yes]"),
        ("prediction", BATCH, {"scores": None}, "classes"),
        ("prediction", BATCH, {"values": [1.0, 2.0]}, "values"),
        ("prediction", BATCH, {"task": "guessing"}, "task"),
        ("prediction", BATCH, {"weights": [1.0, -1.0]}, "weights[1]"),
        ("prediction", BATCH, {"slices": {"plan": ["basic"]}}, "slices[plan]"),
        ("prediction", BATCH, {"features": {"age": [1, 2, 3]}}, "features[age]"),
        ("prediction", BATCH, {"event_time": [AT]}, "event_time"),
        ("prediction", BATCH, {"event_time": [AT, "never"]}, "event_time[1]"),
        ("label", LABEL, {"label": {"task": "class", "class": ""}}, "label.class"),
        ("label", LABEL, {"label": {"task": "ranking", "relevance": {"a": -1}}}, "label.relevance[a]"),
        ("label", LABELS, {"classes": ["yes"]}, "classes"),
        ("label", LABELS, {"values": [1.0, 2.0]}, "values"),
        ("label", LABELS, {"classes": None}, "classes"),
        ("metric", METRIC, {"window_end": "2026-03-01T10:00:00Z"}, "window_end"),
        ("metric", METRIC, {"n": -1}, "n"),
        ("metric", METRIC, {"interval": [0.9, 0.1]}, "interval"),
        ("model", MODEL, {"label_set": ["a", "a"]}, "label_set"),
        ("model", MODEL, {"label_set": ["a", "b"], "positive": "c"}, "positive"),
        ("model", MODEL, {"task": "binary", "label_set": ["a", "b", "c"]}, "label_set"),
        ("model", MODEL, {"threshold": 1.5}, "threshold"),
        ("model", MODEL, {"action": "born"}, "action"),
        ("model", MODEL, {"datasets": [{"namespace": "n", "name": ""}]}, "datasets[0].name"),
    ],
)
def test_a_field_that_breaks_a_rule_is_named(family: str, event: dict[str, Any], change: Any, field: str) -> None:
    normalise = getattr(own_events, f"normalise_{family}")
    assert normalise(sent(event), received_at=NOW)
    with pytest.raises(Invalid) as refusal:
        normalise(sent(event | change), received_at=NOW)
    assert [error.field for error in refusal.value.errors] == [field]


@pytest.mark.parametrize(
    ("payload", "field"),
    [
        ({"task": "binary"}, "class"),
        ({"task": "binary", "scores": {"a": 0.1, "b": 0.2, "c": 0.7}}, "scores"),
        ({"task": "multiclass", "scores": {"a": -0.1}}, "scores[a]"),
        ({"task": "multilabel", "labels": ["a", "a"]}, "labels"),
        ({"task": "quantile"}, "quantiles"),
        ({"task": "quantile", "quantiles": {"90": 1.0}}, "quantiles"),
        ({"task": "quantile", "interval": [2.0, 1.0], "coverage": 0.9}, "interval"),
        ({"task": "quantile", "interval": [1.0, 2.0]}, "coverage"),
        ({"task": "clustering", "cluster": ""}, "cluster"),
        ({"task": "ranking", "query": "", "items": []}, "query"),
        ({"task": "ranking", "query": "q", "items": ["a"], "scores": []}, "scores"),
        ({"task": "forecasting", "series": "s", "horizon": 0, "value": 1.0}, "horizon"),
        ({"task": "regression", "value": "1"}, "value"),
    ],
)
def test_a_payload_obeys_its_task_alone_and_in_a_batch(payload: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        own_events.normalise_prediction(sent(ONE | {"prediction": payload}), received_at=NOW)
    assert [error.field for error in refusal.value.errors] == [f"prediction.{field}"]
    batch = BATCH | {"task": payload["task"], "scores": None, "ids": ["a"], "predictions": [payload]}
    with pytest.raises(Invalid) as refusal:
        own_events.normalise_prediction(sent(batch), received_at=NOW)
    assert [error.field for error in refusal.value.errors] == [f"predictions[0].{field}"]


def test_a_batch_holds_payloads_of_its_own_task_only() -> None:
    batch = BATCH | {"scores": None, "predictions": [ONE["prediction"], {"task": "regression", "value": 1.0}]}
    with pytest.raises(Invalid, match=r"predictions\[1\]\.task"):
        own_events.normalise_prediction(sent(batch), received_at=NOW)


def test_free_text_is_mended_and_unknown_fields_survive() -> None:
    event = ONE | {"features": {"note": "a\0b", "ratio": float("nan")}, "colour": {"deep": [1.50]}}
    normalised = own_events.normalise_prediction(sent(event), received_at=NOW)
    stored = json.loads(normalised.value)
    assert stored["features"] == {"note": "a\ufffdb", "ratio": None}
    assert stored["colour"] == {"deep": [1.5]}
    assert len(normalised.mended) == 2


def test_rows_are_counted() -> None:
    cases = ((own_events.normalise_prediction, BATCH), (own_events.normalise_label, LABELS))
    assert [own_events.rows(f(sent(event), received_at=NOW).event) for f, event in cases] == [2, 2]
    assert own_events.rows(own_events.normalise_prediction(sent(ONE), received_at=NOW).event) == 1
