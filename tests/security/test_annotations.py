"""The key of one team names another team's dataset or job in its events: from the gateway's check to the graph."""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from headwater.bus.port import Outgoing, Record
from headwater.contracts.identity import ALL, Visible
from headwater.contracts.times import parse_instant
from headwater.graph.sqlite import EmbeddedGraph
from headwater.ingest_gateway.acceptance import LINEAGE, Sealed, Sender, seal
from headwater.lineage_writer.handlers import DECODERS

ARRIVAL = parse_instant("2026-01-02T00:00:00Z")
OURS, THEIRS = "ours", "theirs"
NOWHERE = Visible()
Facets = dict[str, Any]
Json = dict[str, Any]

OWNERS: Facets = {"ownership": {"owners": [{"name": "mallory"}]}}
TAGS: Facets = {"tags": {"tags": [{"key": "public"}]}}
DOCUMENTATION: Facets = {"documentation": {"description": "free for all"}}
DROP: Facets = {"lifecycleStateChange": {"lifecycleStateChange": "DROP"}}
ALIAS: Facets = {"symlinks": {"identifiers": [{"namespace": OURS, "name": "window", "type": "TABLE"}]}}
NO_SCHEMA: Facets = {"schema": {"_deleted": True}}
SCHEMA: Facets = {"schema": {"fields": [{"name": "ours"}]}}
LINEAGE_OF_DATASET: Facets = {"lineage": {"inputs": [{"type": "DATASET", "namespace": OURS, "name": "source"}]}}
COLUMNS: Facets = {
    "columnLineage": {"fields": {"id": {"inputFields": [{"namespace": OURS, "name": "source", "field": "id"}]}}}
}
ANNOTATIONS = {
    "owners": OWNERS,
    "tags": TAGS,
    "documentation": DOCUMENTATION,
    "drop": DROP,
    "a name of ours": ALIAS,
    "deleted schema": NO_SCHEMA,
    "deleted facet of theirs": {"storage": {"_deleted": True}},
}


def dataset(namespace: str, name: str, facets: Facets | None = None) -> Json:
    return {"namespace": namespace, "name": name, "facets": facets or {}}


def run_event(hour: int, namespace: str, job: str, **members: Any) -> Json:
    return {
        "eventTime": f"2026-01-01T{hour:02d}:00:00Z",
        "eventType": "COMPLETE",
        "run": {"runId": f"{job} {hour}"},
        "job": {"namespace": namespace, "name": job},
        **members,
    }


def of_our_job(*, entries: list[Json] | None = None, **members: Any) -> Json:
    job = {"namespace": OURS, "name": "loader", "facets": {"lineage": {"entries": entries}} if entries else {}}
    return run_event(5, OURS, "loader", **members) | {"job": job}


def declared(namespace: str, name: str, facets: Facets) -> Json:
    return {"eventTime": "2026-01-01T05:00:00Z", "dataset": dataset(namespace, name, facets)}


def accepted(event: Json, *, writes: Visible = ALL, annotates: Visible = ALL) -> Sealed:
    return seal(LINEAGE, json.dumps(event).encode(), Sender("key:k", writes, annotates, "request", ARRIVAL))


def by_us(event: Json) -> Sealed:
    """Sent with a key for our namespace that may annotate there."""
    return accepted(event, writes=Visible(prefixes=(OURS,)), annotates=Visible(prefixes=(OURS,)))


def theirs() -> Iterator[Sealed]:
    """The other team's events: its facets before the attack, and a last event without facets after it."""
    table = {
        "ownership": {"owners": [{"name": "alice"}]},
        "tags": {"tags": [{"key": "pii"}]},
        "schema": {"fields": [{"name": "id"}]},
        "storage": {"storageLayer": "iceberg"},
    }
    for hour, facets in ((1, table), (9, {})):
        reads, writes = [dataset(THEIRS, "raw", facets)], [dataset(THEIRS, "orders", facets)]
        yield accepted(run_event(hour, THEIRS, "shop", inputs=reads, outputs=writes))


class Graphs:
    def __init__(self, folder: Path) -> None:
        self._folder, self._made = folder, 0

    def export(self, sealed: Iterable[Sealed]) -> list[Json]:
        """The canonical export of a graph that holds these events."""
        self._made += 1
        with closing(EmbeddedGraph(self._folder / f"{self._made}.db")) as graph:
            graph.ensure_schema()
            graph.acquire("test")
            for each in sealed:
                graph.apply(DECODERS[each.record.topic](_record(each.record))[1], {})
            return [json.loads(line) for line in graph.export()]


def _record(sent: Outgoing) -> Record:
    return Record(sent.topic, 0, 0, sent.key, sent.value, sent.headers, ARRIVAL)


@pytest.fixture
def graphs(tmp_path: Path) -> Graphs:
    return Graphs(tmp_path)


def _speaks_for_us(record: Json) -> bool:
    """Whether the record is about something of ours, and involves no job of theirs."""
    if record["record"] in ("node", "alias"):
        return bool(record["namespace"] == OURS)
    if record["record"] in ("flow", "run"):
        return record["job"] is not None and bool(record["job"]["namespace"] == OURS)
    ends = (record["from"], record["to"])
    return all(end["namespace"] == OURS for end in ends if end.get("kind") == "ETLProcess")


def assert_theirs_is_untouched(graphs: Graphs, attack: Sealed) -> None:
    before, after = graphs.export(theirs()), graphs.export([*theirs(), attack])
    assert [record for record in before if record not in after] == []
    assert [record for record in after if record not in before and not _speaks_for_us(record)] == []
    notes = json.loads(dict(attack.record.headers)["notes"])
    assert list(attack.notes) == notes
    assert any("is not granted on the namespace theirs" in note for note in notes)


@pytest.mark.parametrize("side", ["inputs", "outputs"])
@pytest.mark.parametrize("facets", ANNOTATIONS.values(), ids=ANNOTATIONS)
def test_their_dataset_is_not_annotated_from_our_job(graphs: Graphs, facets: Facets, side: str) -> None:
    attack = by_us(of_our_job(**{side: [dataset(THEIRS, "raw", facets)]}))
    assert_theirs_is_untouched(graphs, attack)
    assert json.loads(attack.record.value)[side][0]["facets"] == facets


@pytest.mark.parametrize("facets", ANNOTATIONS.values(), ids=ANNOTATIONS)
def test_their_dataset_is_not_annotated_from_the_declaration_of_our_job(graphs: Graphs, facets: Facets) -> None:
    event = of_our_job(inputs=[dataset(THEIRS, "raw", facets)])
    del event["run"], event["eventType"]
    assert_theirs_is_untouched(graphs, by_us(event))


@pytest.mark.parametrize(
    "facets",
    [
        {"symlinks": {"identifiers": [{"namespace": THEIRS, "name": "orders", "type": "TABLE"}]}},
        {
            "lifecycleStateChange": {
                "lifecycleStateChange": "RENAME",
                "previousIdentifier": {"namespace": THEIRS, "name": "orders"},
            }
        },
    ],
    ids=["symlink", "rename"],
)
def test_our_dataset_does_not_take_the_place_of_theirs(graphs: Graphs, facets: Facets) -> None:
    assert_theirs_is_untouched(graphs, by_us(of_our_job(outputs=[dataset(OURS, "window", facets)])))
    assert_theirs_is_untouched(graphs, by_us(declared(OURS, "window", facets)))


@pytest.mark.parametrize(
    "entry",
    [
        {"type": "JOB", "namespace": THEIRS, "name": "shop", "inputs": [dataset(OURS, "source")]},
        dataset(THEIRS, "orders") | {"inputs": [{"type": "JOB", "namespace": THEIRS, "name": "shop"}]},
        dataset(THEIRS, "orders")
        | {"fields": {"id": {"inputs": [{"type": "JOB", "namespace": THEIRS, "name": "another"}]}}},
    ],
    ids=["target", "source", "source of a field"],
)
def test_their_job_does_not_move_what_our_job_says(graphs: Graphs, entry: Json) -> None:
    assert_theirs_is_untouched(graphs, by_us(of_our_job(entries=[entry])))


def test_their_job_does_not_move_what_the_facet_of_a_dataset_says(graphs: Graphs) -> None:
    facets = {"lineage": {"inputs": [{"type": "JOB", "namespace": THEIRS, "name": "shop"}]}}
    assert_theirs_is_untouched(graphs, by_us(of_our_job(outputs=[dataset(OURS, "x", facets)])))
    assert_theirs_is_untouched(graphs, by_us(declared(OURS, "x", facets)))


def test_a_dataset_facet_speaks_of_no_other_dataset_and_of_no_job(graphs: Graphs) -> None:
    named = {"type": "JOB", "namespace": THEIRS, "name": "orders", "inputs": [dataset(OURS, "source")]}
    for facets in ({"lineage": named}, {"lineage": named | {"type": "DATASET"}}):
        before = graphs.export(theirs())
        after = graphs.export([*theirs(), by_us(declared(OURS, "x", facets))])
        assert [record for record in before if record not in after] == []
        assert not [r for r in after if r["record"] == "flow" and r not in before and r["outputs"][0]["name"] != "x"]
        assert {r["name"] for r in after if r["record"] == "node" and r["kind"] == "ETLProcess"} == {"shop"}


DECLARED = {
    "schema": SCHEMA,
    "lineage": LINEAGE_OF_DATASET,
    "columns": COLUMNS,
    "a facet of ours": {"custom": {"a": 1}},
    **ANNOTATIONS,
}


@pytest.mark.parametrize("facets", DECLARED.values(), ids=DECLARED)
def test_a_dataset_event_without_the_permission_declares_nothing(graphs: Graphs, facets: Facets) -> None:
    """With a key that may write in the dataset's namespace; otherwise the gateway refuses the whole event."""
    attack = accepted(declared(THEIRS, "orders", facets), annotates=NOWHERE)
    assert_theirs_is_untouched(graphs, attack)


def test_a_parent_of_theirs_is_only_pointed_at(graphs: Graphs) -> None:
    parent = {"run": {"runId": "shop 9"}, "job": {"namespace": THEIRS, "name": "shop"}}
    event = of_our_job(inputs=[dataset(OURS, "source")])
    event["run"]["facets"] = {"parent": parent | {"root": parent}}
    before, after = graphs.export(theirs()), graphs.export([*theirs(), by_us(event)])
    assert [record for record in before if record not in after] == []
    assert [record for record in after if record not in before and not _speaks_for_us(record)] == []


GRANTED = {**ANNOTATIONS, "schema": SCHEMA, "lineage": LINEAGE_OF_DATASET, "columns": COLUMNS}


@pytest.mark.parametrize("facets", GRANTED.values(), ids=GRANTED)
def test_with_the_permission_every_facet_is_applied_as_for_one_who_may_everything(
    graphs: Graphs, facets: Facets
) -> None:
    both, later = Visible(prefixes=(OURS, THEIRS)), {"eventTime": "2026-01-01T10:00:00Z"}
    makers: list[Callable[[Facets], Json]] = [
        lambda facets: of_our_job(inputs=[dataset(THEIRS, "raw", facets)]) | later,
        lambda facets: of_our_job(outputs=[dataset(THEIRS, "raw", facets)]) | later,
        lambda facets: declared(THEIRS, "raw", facets) | later,
    ]
    for make in makers:
        granted = accepted(make(facets), writes=both, annotates=both)
        applied = graphs.export([*theirs(), granted])
        assert granted.notes == ()
        assert applied == graphs.export([*theirs(), accepted(make(facets))])
        assert applied != graphs.export([*theirs(), accepted(make({}))])


def test_what_describes_a_dataset_passes_without_the_permission(graphs: Graphs) -> None:
    facets = {**SCHEMA, **COLUMNS, "dataSource": {"name": "db"}, "version": {"datasetVersion": "7"}, "custom": {"a": 1}}
    event = of_our_job(outputs=[dataset(THEIRS, "orders", facets)])
    assert by_us(event).notes == ()
    assert graphs.export([by_us(event)]) == graphs.export([accepted(event)])


def test_who_may_write_another_job_may_speak_of_it(graphs: Graphs) -> None:
    sources = [{"namespace": OURS, "name": name} for name in ("source", "other")]
    entry = {"type": "JOB", "namespace": THEIRS, "name": "shop", "inputs": sources[:1]}
    event = of_our_job(entries=[entry, {"type": "JOB", "inputs": sources[1:]}])
    granted = accepted(event, writes=Visible(prefixes=(OURS, THEIRS)), annotates=NOWHERE)
    assert (granted.notes, dict(granted.record.headers)["grants"]) == ((), b'{"write":["theirs"]}')
    assert graphs.export([granted]) == graphs.export([accepted(event)])
