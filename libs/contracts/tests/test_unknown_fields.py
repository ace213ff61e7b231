"""Unknown fields: found at any depth, named with the likely meaning, few and short, at a bounded cost."""

import json
from typing import Any

import msgspec
import pytest

from headwater.contracts import own_events, unknown_fields
from headwater.contracts.models import ModelEvent
from headwater.contracts.normalise import normalise_lineage
from headwater.contracts.predictions import LabelBatch, LabelEvent, PredictionBatch, PredictionEvent, ReportedMetric
from headwater.contracts.times import parse_instant
from headwater.contracts.unknown_fields import LONGEST_PATH, MOST_NAMED, Known, strict

NOW = parse_instant("2026-03-01T12:00:00Z")
AT = "2026-03-01T11:00:00Z"
REF = {"namespace": "n", "name": "m"}
PREDICTION = {
    "id": "p",
    "event_time": AT,
    "model": REF,
    "version": "1",
    "prediction": {"task": "binary", "scores": {"yes": 0.5}},
}
PREDICTIONS = {"ids": ["a", "b"], "event_time": AT, "model": REF, "version": "1", "task": "regression"}
LABEL = {"prediction_id": "p", "event_time": AT, "model": REF, "label": {"task": "class", "class": "yes"}}
MODEL = {**REF, "version": "1", "action": "trained", "event_time": AT}
RUN: dict[str, Any] = {"eventTime": AT, "run": {"runId": "r"}, "job": {"namespace": "n", "name": "j"}}


def notes(event: dict[str, Any]) -> tuple[str, ...]:
    """The notes on the unknown fields of an event of any kind."""
    body = json.dumps(event).encode()
    if "event_time" not in event:
        return normalise_lineage(body, received_at=NOW).unknown
    if "action" in event:
        return own_events.normalise_model(body, received_at=NOW).unknown
    if "prediction_id" in event:
        return own_events.normalise_label(body, received_at=NOW).unknown
    return own_events.normalise_sample(body, received_at=NOW).unknown


def dataset(facets: dict[str, Any]) -> dict[str, Any]:
    return {"namespace": "n", "name": "t", "facets": facets}


@pytest.mark.parametrize(
    ("event", "note"),
    [
        (PREDICTION | {"wieght": 2}, "unknown field `wieght` is not read; did you mean `weight`?"),
        (PREDICTION | {"colour": 2}, "unknown field `colour` is not read"),
        (
            PREDICTION | {"prediction": {"task": "regression", "value": 1, "confidence": 0.5}},
            "unknown field `prediction.confidence` is not read",
        ),
        (
            PREDICTION | {"run": {**REF, "runId": "r", "run_id": "r"}},
            "unknown field `run.runId` is not read; did you mean `run_id`?",
        ),
        (LABEL | {"eventTime": AT}, "unknown field `eventTime` is not read; did you mean `event_time`?"),
        (
            LABEL | {"label": {"task": "class", "class": "yes", "weight": 1}},
            "unknown field `label.weight` is not read",
        ),
        (MODEL | {"feature": ["a"]}, "unknown field `feature` is not read; did you mean `features`?"),
        (
            MODEL | {"datasets": [REF, {**REF, "verison": "1"}]},
            "unknown field `datasets[1].verison` is not read; did you mean `version`?",
        ),
        (RUN | {"event_type": "START"}, "unknown field `event_type` is not read; did you mean `eventType`?"),
        (RUN | {"run": {"runId": "r", "id": "r"}}, "unknown field `run.id` is not read"),
        (
            RUN | {"outputs": [{"namespace": "n", "name": "t", "facet": {}}]},
            "unknown field `outputs[0].facet` is not read; did you mean `facets`?",
        ),
    ],
)
def test_an_unknown_field_is_named_with_the_one_that_was_meant(event: dict[str, Any], note: str) -> None:
    assert notes(event) == (note,)


@pytest.mark.parametrize(
    ("event", "note"),
    [
        (
            RUN | {"run": {"runId": "r", "facets": {"parent": {"job": REF, "run": {"runid": "p"}}}}},
            "unknown field `run.facets.parent.run.runid` is not read; did you mean `runId`?",
        ),
        (
            RUN | {"job": {**REF, "facets": {"jobType": {"processing_type": "BATCH"}}}},
            "unknown field `job.facets.jobType.processing_type` is not read; did you mean `processingType`?",
        ),
        (
            RUN | {"inputs": [dataset({}), dataset({"schema": {"fields": [{"name": "a"}, {"nam": "b"}]}})]},
            "unknown field `inputs[1].facets.schema.fields[1].nam` is not read; did you mean `name`?",
        ),
        (
            RUN | {"outputs": [dataset({"columnLineage": {"fields": {"a": {"inputField": []}}}})]},
            "unknown field `outputs[0].facets.columnLineage.fields[a].inputField` is not read; "
            "did you mean `inputFields`?",
        ),
        (
            {"eventTime": AT, "dataset": dataset({"tags": {"tags": [{"key": "pii", "values": "x"}]}})},
            "unknown field `dataset.facets.tags.tags[0].values` is not read; did you mean `value`?",
        ),
    ],
)
def test_unknown_fields_inside_the_facets_that_are_read_are_named(event: dict[str, Any], note: str) -> None:
    assert notes(event) == (note,)
    assert notes(event) == (note,)  # also when the facet is cached


@pytest.mark.parametrize(
    "facets",
    [
        {"myCompany_cost": {"anything": [{"goes": 1}]}},
        {"dataSource": {"name": "d", "uri": "u", "more": 1}, "version": {"datasetVersion": "1", "more": 1}},
        {"schema": {"_producer": "p", "_schemaURL": "s", "fields": [{"name": "a", "ordinal_position": 1}]}},
        {"documentation": {"description": "d", "contentType": "text/markdown"}, "schema": {"_deleted": True}},
        {"schema": 5, "tags": {"tags": {"a": 1}}, "symlinks": None, "lineage": [{"x": 1}]},
    ],
    ids=["of a producer", "standard, not read", "known, not used", "both", "in shapes of their own"],
)
def test_facets_of_producers_and_known_fields_that_are_not_used_are_no_unknown_fields(facets: dict[str, Any]) -> None:
    assert notes(RUN | {"inputs": [dataset(facets) | {"inputFacets": facets, "outputFacets": facets}]}) == ()


def test_the_same_field_in_a_list_is_named_once_with_its_number() -> None:
    payloads = [{"task": "regression", "value": 1, "confidence": 1}] * 2
    assert notes(PREDICTIONS | {"predictions": payloads}) == (
        "unknown field `predictions[0].confidence` is not read in 2 places",
    )
    columns = {"schema": {"fields": [{"name": "a", "typ": "int"}] * 3}}
    assert notes(RUN | {"inputs": [dataset(columns)] * 2, "outputs": [dataset(columns)]}) == (
        "unknown field `inputs[0].facets.schema.fields[0].typ` is not read in 6 places; did you mean `type`?",
        "unknown field `outputs[0].facets.schema.fields[0].typ` is not read in 3 places; did you mean `type`?",
    )


def test_few_are_named_and_the_rest_is_counted() -> None:
    found = notes(RUN | {f"x{number}": number for number in range(2000)})
    assert len(found) == MOST_NAMED + 1
    assert found[-1] == "1,995 more unknown fields are not read"


def test_names_are_short() -> None:
    deep: dict[str, Any] = {"name": "a", "n" * 5000: 1}
    for _ in range(100):
        deep = {"name": "a", "fields": [deep]}
    for event in (
        RUN | {"n" * 5000: 1},
        RUN | {"inputs": [dataset({"schema": {"fields": [deep]}})]},
        RUN | {"inputs": [dataset({"columnLineage": {"fields": {"c" * 5000: {"n" * 5000: 1}}}})]},
    ):
        assert all(len(note) < 2 * LONGEST_PATH for note in notes(event))


def test_text_that_was_mended_is_searched_too() -> None:
    body = json.dumps(PREDICTION | {"wie\ud800ght": float("nan")}).encode()
    event = own_events.normalise_prediction(body, received_at=NOW)
    assert event.unknown == ("unknown field `wie\ufffdght` is not read; did you mean `weight`?",)
    assert len(event.mended) == 2
    lineage = normalise_lineage(json.dumps(RUN | {"eventtype\0": 1}).encode(), received_at=NOW)
    assert lineage.unknown == ("unknown field `eventtype\ufffd` is not read; did you mean `eventType`?",)


def test_what_is_decoded_is_bounded_by_the_size_of_the_text() -> None:
    deep: dict[str, Any] = {"x": "x" * 10_000}
    for _ in range(100):
        deep = {"fields": [deep]}
    facet = json.dumps({"fields": [deep], "y": 1}).encode()
    decoded = 0

    class Counting(unknown_fields.Tally):
        def decode(self, decoder: Any, raw: Any) -> Any:
            nonlocal decoded
            found = super().decode(decoder, raw)
            decoded += len(raw) if found is not None else 0
            return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(unknown_fields, "Tally", Counting)
        found = notes(RUN | {"inputs": [dataset({"schema": json.loads(facet)})]})
    assert 0 < decoded < 20 * len(facet)
    assert found[-1] == "there may be more unknown fields in objects that are nested too deeply to be searched"
    assert "unknown field `inputs[0].facets.schema.y` is not read" in found


def test_a_facet_is_searched_once_however_often_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[bytes] = []
    search = Known.search

    def searching(known: Known, text: bytes) -> unknown_fields.Tally:
        searched.append(text)
        return search(known, text)

    monkeypatch.setattr(Known, "search", searching)
    for number in range(6_000):
        facets = {"documentation": {"description": str(number % 2), "x": 1}}
        assert len(notes(RUN | {"outputs": [dataset(facets)]})) == 1
    assert len(searched) == 2


@pytest.mark.parametrize("kind", [PredictionEvent, PredictionBatch, LabelEvent, LabelBatch, ReportedMetric, ModelEvent])
def test_the_strict_type_is_the_type_without_unknown_fields_at_any_depth(kind: type[msgspec.Struct]) -> None:
    def structs(found: Any) -> list[msgspec.inspect.StructType]:
        if isinstance(found, msgspec.inspect.StructType):
            return [found, *(inner for field in found.fields for inner in structs(field.type))]
        parts = [getattr(found, "item_type", None), getattr(found, "value_type", None), *getattr(found, "types", ())]
        return [inner for part in parts if part is not None for inner in structs(part)]

    ours, theirs = structs(msgspec.inspect.type_info(strict(kind))), structs(msgspec.inspect.type_info(kind))
    assert all(found.forbid_unknown_fields for found in ours)
    assert [(f.tag_field, f.tag, {x.encode_name: x.required for x in f.fields}) for f in ours] == [
        (f.tag_field, f.tag, {x.encode_name: x.required for x in f.fields}) for f in theirs
    ]
    assert issubclass(strict(kind), kind)
