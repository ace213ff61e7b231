"""From records to results: late labels, corrections, retractions, duplicates, held events, slices, outputs."""

from typing import Any

import pytest

from headwater.bus.errors import Poison
from headwater.bus.port import TopicPartition


def test_a_label_that_comes_after_its_prediction_is_joined(feed: Any, say: Any) -> None:
    feed.take(say.registered(), say.prediction("p1", "yes"), say.prediction("p2", "yes"))
    assert feed.value("accuracy") | {"interval": None} == {
        "metric": "accuracy",
        "definition": "accuracy@1",
        "value": None,
        "reason": "no_labels",
        "interval": None,
        "n": 2,
        "labelled": 0,
    }
    feed.take(say.label("p1", "yes"))
    assert (feed.value("accuracy")["value"], feed.value("accuracy")["labelled"]) == (1.0, 1)
    feed.take(say.label("p2", "no"))
    assert (feed.value("accuracy")["value"], feed.value("accuracy")["labelled"]) == (0.5, 2)


def test_a_label_that_comes_before_its_prediction_is_held(feed: Any, say: Any) -> None:
    feed.take(say.registered(), say.label("p1", "yes"))
    assert feed.results() == {}
    feed.take(say.prediction("p1", "yes"))
    assert feed.value("accuracy")["value"] == 1.0


def test_predictions_of_an_unknown_model_are_held_until_its_event_comes(feed: Any, say: Any) -> None:
    feed.take(say.prediction("p1", "yes"), say.label("p1", "yes"))
    assert feed.results() == {}
    feed.take(say.registered())
    assert feed.value("f1")["value"] == 1.0


def test_a_corrected_label_replaces_and_a_retraction_removes(feed: Any, say: Any) -> None:
    feed.take(say.registered(), say.prediction("p1", "yes"), say.label("p1", "yes", at=1))
    feed.take(say.label("p1", "no", at=2))
    assert feed.value("accuracy")["value"] == 0.0
    feed.take(say.label("p1", None, at=3))
    assert feed.value("accuracy")["reason"] == "no_labels"
    feed.take(say.label("p1", "yes", at=2))  # late, and older than the retraction
    assert feed.value("accuracy")["reason"] == "no_labels"


def test_duplicates_count_once_and_make_no_revision(feed: Any, say: Any) -> None:
    events = [say.registered(), say.prediction("p1"), say.label("p1")]
    feed.take(*events)
    before = feed.messages()
    feed.take(*events)
    assert feed.messages() == before
    assert feed.value("accuracy")["n"] == 1


def test_the_later_of_two_conflicting_predictions_holds(feed: Any, say: Any) -> None:
    later, earlier = say.prediction("p1", "no", at=5), say.prediction("p1", "yes", at=4)
    feed.take(say.registered(), later, earlier, say.label("p1", "no"))
    assert feed.value("accuracy")["value"] == 1.0


def test_a_prediction_that_moves_to_another_window_leaves_the_first_empty(feed: Any, say: Any) -> None:
    feed.take(say.registered(), say.prediction("p1", at=5), say.label("p1"))
    feed.take(say.prediction("p1", at=say.day + 5))
    assert (feed.value("accuracy")["n"], feed.value("accuracy")["reason"]) == (0, "no_data")
    assert feed.value("accuracy", start=say.day)["value"] == 1.0


def test_versions_and_days_are_measured_apart(feed: Any, say: Any) -> None:
    feed.take(say.registered("1"), say.registered("2", at=1))
    feed.take(say.prediction("p1", "yes"), say.prediction("p2", "no", version="2", at=say.day))
    feed.take(say.label("p1", "yes"), say.label("p2", "yes"))
    assert feed.value("accuracy", version="1")["value"] == 1.0
    assert feed.value("accuracy", version="2", start=say.day)["value"] == 0.0


def test_a_version_without_an_event_of_its_own_takes_the_task_of_its_model(feed: Any, say: Any) -> None:
    feed.take(say.registered("1"), say.prediction("p1", version="7"), say.label("p1"))
    assert feed.value("accuracy", version="7")["value"] == 1.0


def test_declared_slices_are_measured_and_the_rest_is_other(feed: Any, say: Any) -> None:
    feed.take(say.registered(slices={"region": ["eu", "us"]}))
    feed.take(say.prediction("p1", slices={"region": "eu"}), say.prediction("p2", slices={"region": "mars"}))
    feed.take(say.prediction("p3"), say.label("p1", "yes"), say.label("p2", "no"), say.label("p3", "no"))
    assert feed.value("accuracy", of="region:eu")["value"] == 1.0
    assert feed.value("accuracy", of="region:other")["n"] == 2
    assert feed.value("accuracy")["n"] == 3
    assert ("1", 0, "region:us", "accuracy") not in feed.results()


def test_a_later_declaration_recomputes_past_windows(feed: Any, say: Any) -> None:
    feed.take(say.registered(), say.prediction("p1", "yes", slices={"region": "eu"}), say.label("p1", "no"))
    assert feed.value("recall")["reason"] == "zero_denominator"
    feed.take(say.registered(at=9, positive="no", slices={"region": ["eu"]}))
    assert feed.value("recall")["value"] == 0.0
    assert feed.value("recall")["definition"] == "recall@1(positive=no)"
    assert feed.value("accuracy", of="region:eu")["n"] == 1


def test_a_new_window_length_recomputes_windows(feed: Any, feed_of: Any, say: Any) -> None:
    feed.take(say.registered(), say.prediction("p1", at=3_600_000_000), say.label("p1"))
    hourly = feed_of(feed.engine, window_seconds=3600)
    hourly.take(say.prediction("p2", at=0))
    assert hourly.value("accuracy", start=3_600_000_000)["value"] == 1.0


def test_weights_count(feed: Any, say: Any) -> None:
    feed.take(say.registered(), say.prediction("p1", "yes", weight=3.0), say.prediction("p2", "yes", weight=1.0))
    feed.take(say.label("p1", "yes"), say.label("p2", "no"))
    assert feed.value("accuracy")["value"] == 0.75


def test_regressions_are_measured(feed: Any, say: Any) -> None:
    feed.take(say.registered(task="regression"))
    for i, (truth, said) in enumerate([(1.0, 1.5), (2.0, 2.0), (3.0, 2.5)]):
        event = say.prediction(f"p{i}") | {"prediction": {"task": "regression", "value": said}}
        feed.take(event, say.label(f"p{i}") | {"label": {"task": "value", "value": truth}})
    assert feed.value("mae")["value"] == pytest.approx(1 / 3)
    assert feed.value("r2")["value"] == pytest.approx(0.75)


def test_a_columnar_batch_equals_its_single_events(feed: Any, say: Any) -> None:
    feed.take(say.registered())
    ids = [f"p{i}" for i in range(6)]
    columns = {
        "type": "predictions",
        "task": "binary",
        "ids": ids,
        "event_time": 0,
        "model": say.model(),
        "version": "1",
    }
    feed.take({**columns, "scores": {"yes": [0.9, 0.8, 0.5, 0.4, 0.2, 0.1]}, "weights": [1.0] * 6})
    labels = {"type": "labels", "prediction_ids": ids, "event_time": 0, "model": say.model()}
    feed.take({**labels, "classes": ["yes", "yes", "no", "no", "no", "yes"]})
    assert feed.value("accuracy")["value"] == pytest.approx(4 / 6)
    assert feed.value("precision")["value"] == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    "broken",
    [
        {"weight": -1.0},
        {"prediction": {"task": "regression", "value": 1.0}},
        {"prediction": {"task": "binary"}},
    ],
)
def test_a_row_that_cannot_be_measured_is_counted_and_not_labelled(feed: Any, say: Any, broken: dict[str, Any]) -> None:
    feed.take(say.registered(), say.prediction("p1") | broken, say.label("p1"), say.prediction("p2"), say.label("p2"))
    assert (feed.value("accuracy")["n"], feed.value("accuracy")["labelled"]) == (2, 1)


def test_a_task_without_metrics_yet_is_kept_and_publishes_nothing(feed: Any, say: Any) -> None:
    ranked = {"task": "ranking", "query": "q", "items": ["a", "b"]}
    feed.take(say.registered(task="ranking"), say.prediction("p1") | {"prediction": ranked})
    assert feed.messages() == []


def test_an_output_dataset_is_announced_once_and_again_for_an_earlier_prediction(feed: Any, say: Any) -> None:
    output = {"namespace": "db", "name": "scores"}
    feed.take(say.prediction("p1", at=50, output=output), say.prediction("p2", at=60, output=output))
    feed.take(say.prediction("p3", at=70, output=output))
    feed.take(say.prediction("p4", at=10, output=output))
    said = [m for m in feed.messages() if m["topic"] == "model.outputs"]
    assert [m["event_time"] for m in said] == [50, 10]
    assert said[0]["output"] == output


def test_a_metric_computed_elsewhere_is_published_like_ours(feed: Any, say: Any) -> None:
    report = {"type": "metric", "model": say.model(), "version": "1", "metric": "auc", "value": 0.8, "n": 40}
    report |= {"window_start": 0, "window_end": say.day, "slices": {"region": "eu"}, "interval": [0.7, 0.9]}
    feed.take(report)
    value = feed.value("auc", of="region:eu")
    assert (value["value"], value["n"], value["definition"]) == (0.8, 40, "auc@reported")
    feed.clock.now += 1
    feed.take({**report, "value": 0.9})
    assert feed.value("auc", of="region:eu")["value"] == 0.9


def test_revisions_count_up_and_ids_differ(feed: Any, say: Any) -> None:
    feed.take(say.registered(), say.prediction("p1"))
    feed.take(say.label("p1"))
    said = [m for m in feed.messages() if m["topic"] == "metric.results"]
    assert [m["revision"] for m in said] == [1, 2]
    assert len({m["id"] for m in said}) == 2


def test_a_window_is_revised_at_most_once_in_the_set_time(engine: Any, feed_of: Any, say: Any) -> None:
    feed = feed_of(engine, revision_seconds=1.0)
    feed.take(say.registered(), say.prediction("p1"))
    feed.take(say.label("p1"))
    assert feed.handler.publish_due() == 0
    assert feed.value("accuracy")["labelled"] == 0
    feed.clock.now += 1_000_000
    assert feed.handler.publish_due() == 1
    assert feed.value("accuracy")["labelled"] == 1
    assert feed.handler.publish_due() == 0


def test_what_waited_when_a_process_ended_is_published_by_the_next(engine: Any, feed_of: Any, say: Any) -> None:
    feed = feed_of(engine, revision_seconds=1.0)
    feed.take(say.registered(), say.prediction("p1"))
    feed.take(say.label("p1"))
    after = feed_of(engine, revision_seconds=1.0)
    after.clock.now = feed.clock.now + 5_000_000
    assert after.handler.publish_due() == 1


def test_offsets_move_with_the_batch_and_never_back(feed: Any) -> None:
    source = TopicPartition("prediction.events", 3)
    feed.handler.handle([], {source: 9})
    feed.handler.handle([], {source: 4})
    assert feed.handler.positions() == {source: 9}


def test_a_batch_that_fails_leaves_nothing(feed: Any, say: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("disk")

    monkeypatch.setattr("headwater.runtime.storage.offsets.advance", fail)
    with pytest.raises(RuntimeError):
        feed.take(say.registered(), say.prediction("p1"))
    monkeypatch.undo()
    assert (feed.messages(), feed.handler.positions()) == ([], {})


def test_sent_messages_leave_the_outbox(feed: Any, say: Any) -> None:
    feed.take(say.registered(), say.prediction("p1"))
    [message] = feed.handler.pending(10)
    feed.handler.mark_sent([message.id])
    assert feed.handler.pending(10) == []


def test_rows_that_nothing_touches_are_forgotten_and_their_windows_stay(feed: Any, say: Any) -> None:
    feed.take(say.registered(), say.prediction("p1"), say.label("p1"))
    feed.clock.now += 91 * say.day
    assert feed.handler.forget(older_than_days=90) == 1
    feed.take(say.prediction("p2"))
    assert feed.value("accuracy")["n"] == 2


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"id": ""}, "id: '' is not a name"),
        ({"id": "a\0b"}, "id: "),
        ({"event_time": "yesterday"}, "event_time: 'yesterday' is not a timestamp"),
        ({"event_time": 2**63}, "event_time: "),
        ({"version": ""}, "version: "),
        ({"prediction": {"task": "sorcery"}}, "sorcery"),
        ({"model": {"namespace": "n"}}, "name"),
    ],
)
def test_a_record_that_can_never_be_read_is_poison_with_its_reason(
    feed: Any, say: Any, change: dict[str, Any], reason: str
) -> None:
    with pytest.raises(Poison, match=reason):
        feed.handler.decode(feed.record("prediction.events", say.prediction("p1") | change))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"classes": ["yes"]}, "classes: the column has 1 rows, the ids 2"),
        ({"classes": None}, "classes: a classification batch needs"),
        ({"weights": [1.0]}, "weights: the column has 1"),
        ({"event_time": [0]}, "event_time: the column has 1"),
        ({"slices": {"region": ["eu"]}}, r"slices\.region"),
        ({"scores": {"yes": [0.1]}}, r"scores\.yes"),
        ({"task": "regression"}, "values: "),
        ({"task": "forecasting"}, "predictions: "),
    ],
)
def test_a_batch_whose_columns_do_not_fit_is_poison(feed: Any, say: Any, change: dict[str, Any], reason: str) -> None:
    batch = {"type": "predictions", "task": "binary", "ids": ["a", "b"], "event_time": 0, "model": say.model()}
    batch |= {"version": "1", "classes": ["yes", "no"]}
    with pytest.raises(Poison, match=reason):
        feed.handler.decode(feed.record("prediction.events", batch | change))


def test_bytes_that_are_no_json_are_poison(feed: Any) -> None:
    for topic in ("prediction.events", "model.events"):
        with pytest.raises(Poison, match=topic):
            feed.handler.decode(feed.record(topic, b"\xff\x00{"))


def test_a_senders_event_id_breaks_ties(feed: Any, say: Any) -> None:
    records = [
        feed.record("prediction.events", say.prediction("p1", cls), {"event_id": event_id})
        for cls, event_id in (("no", b"ff" * 16), ("yes", b"00" * 16))
    ]
    feed.take(say.registered())
    feed.handler.handle([(r, feed.handler.decode(r)) for r in records], {})
    feed.take(say.label("p1", "no"))
    assert feed.value("accuracy")["value"] == 1.0
