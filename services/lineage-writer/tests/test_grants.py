"""The lineage-writer applies the grants in a record's header, in any order of equal events with different grants."""

import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.bus.errors import Poison
from headwater.bus.port import Record
from headwater.contracts.event_ids import event_id
from headwater.contracts.grants import EVERYTHING, encode_grants
from headwater.graph.sqlite import EmbeddedGraph
from headwater.graph.state.facts import DatasetFact, RunFact
from headwater.lineage_writer.handlers import DECODERS, LineageHandler
from headwater.runtime.telemetry.series import Telemetry

EXAMPLES = int(os.environ.get("HEADWATER_HISTORIES", "20"))  # the soak runs thousands
spaces = st.sampled_from(["a", "b"])
names = st.sampled_from(["x", "y"])
things = st.builds(lambda space, name: {"namespace": space, "name": name}, spaces, names)
sources = st.builds(lambda thing, kind: {**thing, "type": kind}, things, st.sampled_from(["DATASET", "JOB"]))
explicit = st.builds(lambda inputs: {"inputs": inputs}, st.lists(sources, max_size=2))
entries = st.builds(
    lambda target, kind, stated: {**target, "type": kind, **stated},
    things,
    st.sampled_from(["DATASET", "JOB"]),
    explicit,
)
dataset_facets = st.fixed_dictionaries(
    {},
    optional={
        "tags": st.sampled_from([{"tags": [{"key": "pii"}]}, {"_deleted": True}]),
        "schema": st.sampled_from([{"fields": [{"name": "p"}]}, {"_deleted": True}]),
        "symlinks": st.builds(lambda thing: {"identifiers": [{**thing, "type": "TABLE"}]}, things),
        "lifecycleStateChange": st.just({"lifecycleStateChange": "DROP"}),
        "lineage": st.one_of(explicit, st.builds(lambda stated: {**stated, "_deleted": True}, explicit)),
        "columnLineage": st.builds(
            lambda thing, deleted: {"fields": {"p": {"inputFields": [{**thing, "field": "f"}]}}, "_deleted": deleted},
            things,
            st.booleans(),
        ),
    },
)
datasets = st.builds(lambda thing, facets: {**thing, "facets": facets}, things, dataset_facets)
times = st.integers(0, 5).map(lambda minute: f"2026-01-01T00:0{minute}:00Z")
of_jobs = st.builds(
    lambda at, run, job, stated, inputs, outputs: {
        "eventTime": at,
        **({"eventType": "COMPLETE", "run": {"runId": run}} if run else {}),
        "job": {**job, "facets": {"lineage": {"entries": stated}} if stated is not None else {}},
        "inputs": inputs,
        "outputs": outputs,
    },
    times,
    st.sampled_from(["r1", "r2", None]),
    things,
    st.one_of(st.none(), st.lists(entries, max_size=2)),
    st.lists(datasets, max_size=2),
    st.lists(datasets, max_size=2),
)
of_datasets = st.builds(lambda at, dataset: {"eventTime": at, "dataset": dataset}, times, datasets)
events = st.one_of(of_jobs, of_datasets)
some = st.lists(spaces, unique=True)
limits = st.builds(encode_grants, some, some)


def record(event: dict[str, Any], grants: bytes | None) -> Record:
    value = json.dumps(event).encode()
    headers = (("event_id", event_id(value).encode()), *([("grants", grants)] if grants is not None else []))
    return Record("lineage.events", 0, 0, None, value, headers, 0)


def export(records: Sequence[Record], *, at_once: bool = False) -> list[bytes]:
    """The export of a graph that got the records one by one, or in one transaction."""
    with tempfile.TemporaryDirectory() as folder:
        graph = EmbeddedGraph(Path(folder) / "graph.db")
        graph.ensure_schema()
        graph.acquire("test")
        planned = [DECODERS[r.topic](r)[1] for r in records]
        for batch in [[fact for facts in planned for fact in facts]] if at_once else planned:
            graph.apply(batch, {})
        lines = list(graph.export())
        graph.close()
    return lines


@settings(max_examples=EXAMPLES, deadline=None)
@given(data=st.data(), history=st.lists(events, min_size=1, max_size=4))
def test_an_event_that_was_granted_once_holds_whichever_copy_comes_first(
    data: st.DataObject, history: list[dict[str, Any]]
) -> None:
    granted = [record(event, EVERYTHING) for event in history]
    limited = [record(data.draw(st.sampled_from(history)), data.draw(limits)) for _ in range(3)]
    mixed = data.draw(st.permutations([*granted, *limited]))
    wanted = export(granted)
    assert export(mixed) == wanted
    assert export(mixed, at_once=True) == wanted


@settings(max_examples=EXAMPLES, deadline=None)
@given(data=st.data(), history=st.lists(st.tuples(events, limits), min_size=1, max_size=3))
def test_copies_with_different_grants_give_one_graph_in_any_order(
    data: st.DataObject, history: list[tuple[dict[str, Any], bytes]]
) -> None:
    records = [record(event, grants) for event, grants in history]
    records += [record(data.draw(st.sampled_from(history))[0], data.draw(limits)) for _ in range(3)]
    assert export(data.draw(st.permutations(records))) == export(records, at_once=True)


TAGGED = {
    "eventTime": "2026-01-01T00:00:00Z",
    "eventType": "COMPLETE",
    "run": {"runId": "r"},
    "job": {
        "namespace": "a",
        "name": "j",
        "facets": {"lineage": {"entries": [{"type": "JOB", "namespace": "b", "name": "other", "inputs": []}]}},
    },
    "outputs": [{"namespace": "a", "name": "t", "facets": {"tags": {"tags": []}, "schema": {"fields": []}}}],
}


def test_a_record_without_the_header_grants_nothing() -> None:
    facts = DECODERS["lineage.events"](record(TAGGED, None))[1]
    assert [set(fact.facets) for fact in facts if isinstance(fact, DatasetFact)] == [{"schema"}]
    assert [fact.explicit for fact in facts if isinstance(fact, RunFact)] == [()]
    assert export([record(TAGGED, None)]) == export([record(TAGGED, b"{}")])


@pytest.mark.parametrize("header", [b"", b"all", b'["a"]', b'{"annotate":"*"}', b'{"anotate":["a"]}', b"\xff"])
def test_a_header_that_cannot_be_read_is_poison(tmp_path: Path, header: bytes) -> None:
    graph = EmbeddedGraph(tmp_path / "graph.db")
    handler = LineageHandler(graph, None, owner="test", metrics=Telemetry("lineage-writer"))
    with pytest.raises(Poison):
        handler.decode(record(TAGGED, header))
    graph.close()
