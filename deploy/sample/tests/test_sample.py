"""The story depends only on the day, and no part of it is in the future."""

import json
from datetime import UTC, date, datetime, time, timedelta

from openlineage.client.serde import Serde

from headwater.contracts import own_events
from headwater.contracts.normalise import normalise_lineage
from headwater.sample import model, names, pipeline

TODAY = date(2026, 3, 1)
MIDNIGHT = datetime.combine(TODAY, time(), tzinfo=UTC)


def times(today: date) -> list[datetime]:
    events = [event.eventTime for event in pipeline.lineage_events(today)]
    rows = (*model.model_events(today), *model.prediction_batches(today), *model.label_batches(today))
    return [datetime.fromisoformat(text) for text in (*events, *(row["event_time"] for row in rows))]


def test_nothing_happens_after_the_midnight_with_which_the_last_day_begins() -> None:
    told = times(TODAY)
    assert max(told) == MIDNIGHT
    assert min(told) > MIDNIGHT - timedelta(days=names.DAYS)


def test_equal_days_tell_equal_stories() -> None:
    first, second = ([Serde.to_json(event) for event in pipeline.lineage_events(TODAY)] for _ in range(2))
    assert first == second
    for part in (model.model_events, model.prediction_batches, model.label_batches):
        assert list(part(TODAY)) == list(part(TODAY))


def test_no_field_of_the_story_is_unknown() -> None:
    now = int(MIDNIGHT.timestamp() * 1_000_000)
    for event in pipeline.lineage_events(TODAY):
        assert normalise_lineage(Serde.to_json(event).encode(), received_at=now).unknown == ()
    for part, normalise in (
        (model.model_events, own_events.normalise_model),
        (model.prediction_batches, own_events.normalise_prediction),
        (model.label_batches, own_events.normalise_label),
    ):
        for row in part(TODAY):
            assert normalise(json.dumps(row).encode(), received_at=now).unknown == ()


def test_labels_are_of_predictions_that_were_made_and_come_days_later() -> None:
    made = {key: row["event_time"] for row in model.prediction_batches(TODAY) for key in row["ids"]}
    for row in model.label_batches(TODAY):
        delays = {
            datetime.fromisoformat(row["event_time"]) - datetime.fromisoformat(made[k]) for k in row["prediction_ids"]
        }
        assert delays <= {timedelta(days=2), timedelta(days=4)}


def test_version_three_is_right_until_the_cents_come() -> None:
    truth: dict[str, str] = {}
    for row in model.label_batches(TODAY):
        truth |= zip(row["prediction_ids"], row["classes"], strict=True)
    for index, row in enumerate(model.prediction_batches(TODAY)):
        pairs = [(said, truth[key]) for key, said in zip(row["ids"], row["classes"], strict=True) if key in truth]
        if row["version"] == "3" and len(pairs) > 100:
            right = sum(said == true for said, true in pairs) / len(pairs)
            assert (right < model.ACCURACY_FLOOR) == (index > names.SCHEMA_CHANGE)
