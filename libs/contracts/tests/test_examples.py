"""The golden messages: each decodes, matches its schema, and passes the normalisation unchanged."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from headwater.contracts import own_events, topics
from headwater.contracts.lineage import decode_event
from headwater.contracts.messages import MESSAGES
from headwater.contracts.normalise import normalise_lineage
from headwater.contracts.times import parse_instant

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted((ROOT / "examples").glob("*/*.json"))
LATER = parse_instant("2026-04-01T00:00:00Z")
TASKS = {"binary", "multiclass", "multilabel", "regression", "quantile", "clustering", "ranking", "forecasting"}
NORMALISE = {
    topics.OPENLINEAGE_EVENTS: normalise_lineage,
    topics.LINEAGE_EVENTS: normalise_lineage,
    topics.HEADWATER_MODELS: own_events.normalise_model,
    topics.MODEL_EVENTS: own_events.normalise_model,
    topics.HEADWATER_PREDICTIONS: own_events.normalise_sample,
    topics.HEADWATER_LABELS: own_events.normalise_label,
}
each = pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: f"{path.parent.name}/{path.stem}")


def normaliser(path: Path) -> Any:
    if path.parent.name == topics.PREDICTION_EVENTS:
        return own_events.normalise_label if path.stem.startswith("label") else own_events.normalise_sample
    return NORMALISE.get(path.parent.name)


def test_every_topic_has_examples() -> None:
    assert {path.parent.name for path in EXAMPLES} == {topic.name for topic in topics.TOPICS}


@each
def test_an_example_obeys_the_schema_of_its_topic(path: Path) -> None:
    schema = json.loads((ROOT / "schemas" / f"{path.parent.name}.json").read_bytes())
    validator = jsonschema.Draft202012Validator(schema)
    validator.check_schema(schema)
    validator.validate(json.loads(path.read_bytes()))


@each
def test_an_example_decodes_and_nothing_in_it_is_unknown(path: Path) -> None:
    said = path.read_bytes()
    if topics.topic(path.parent.name).scope == "inbound":
        said = normaliser(path)(said, received_at=LATER).value
    decoded = msgspec.json.decode(said, type=MESSAGES[path.parent.name])
    assert unknown(json.loads(said), json.loads(msgspec.json.encode(decoded))) == []


def unknown(said: Any, understood: Any, at: str = "$") -> list[str]:
    """Paths of fields that decoding drops; defaults that it adds do not count."""
    if isinstance(said, dict):
        lost = [f"{at}.{key}" for key in said.keys() - understood.keys()]
        return lost + [p for k in said.keys() & understood.keys() for p in unknown(said[k], understood[k], f"{at}.{k}")]
    if isinstance(said, list):
        return [p for n, (s, u) in enumerate(zip(said, understood, strict=True)) for p in unknown(s, u, f"{at}[{n}]")]
    return [] if said == understood else [at]


@pytest.mark.parametrize("path", [p for p in EXAMPLES if normaliser(p)], ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_an_example_passes_the_normalisation_and_those_on_internal_topics_unchanged(path: Path) -> None:
    body = path.read_bytes()
    normalised = normaliser(path)(body, received_at=LATER)
    assert (normalised.mended, normalised.unknown) == ((), ())
    if topics.topic(path.parent.name).scope == "internal":
        assert normalised.value == body


def test_all_tasks_all_labels_and_batches_of_both_are_shown() -> None:
    shown = [json.loads(path.read_bytes()) for path in (ROOT / "examples" / topics.PREDICTION_EVENTS).glob("*.json")]
    assert {e["prediction"]["task"] for e in shown if e["type"] == "prediction"} == TASKS
    kinds = {e["label"] and e["label"]["task"] for e in shown if e["type"] == "label"}
    assert kinds == {"class", "multilabel", "value", "clustering", "ranking", None}
    assert {e["type"] for e in shown} == {"prediction", "predictions", "label", "labels", "metric"}


def test_lineage_examples_show_runs_jobs_and_datasets() -> None:
    events = [decode_event(path.read_bytes()) for path in (ROOT / "examples" / topics.LINEAGE_EVENTS).glob("*.json")]
    assert any(event.run is not None for event in events)
    assert any(event.run is None and event.job is not None for event in events)
    assert any(event.dataset is not None for event in events)
