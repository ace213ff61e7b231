from typing import Any

import msgspec

from headwater.contracts.grants import ALL_GRANTS, Grants
from headwater.graph.state.facts import DatasetFact, Fact, Group, JobFact, RunFact, Stamp, StaticFact, io_facet_name
from headwater.lineage_writer.events import decode_event
from headwater.lineage_writer.facts import facts_of

STAMP = Stamp(1_000_000, "event")


def facts(grants: Grants = ALL_GRANTS, **members: Any) -> list[Fact]:
    event = {"eventTime": "1970-01-01T00:00:01Z", **members}
    return facts_of(decode_event(msgspec.json.encode(event)), STAMP, grants)


def run_event(**members: Any) -> list[Fact]:
    return facts(**({"run": {"runId": "r"}, "job": {"namespace": "n", "name": "j"}, "eventType": "COMPLETE"} | members))


def dataset(name: str, **members: Any) -> dict[str, Any]:
    return {"namespace": "n", "name": name, **members}


def only(found: list[Fact], kind: type[Any]) -> Any:
    matching = [fact for fact in found if isinstance(fact, kind)]
    assert len(matching) == 1
    return matching[0]


def test_a_run_event_asserts_its_run_its_job_and_its_datasets() -> None:
    found = run_event(inputs=[dataset("a")], outputs=[dataset("x")])
    run = only(found, RunFact)
    assert (run.key, run.stamp, run.type) == (("n", "j", "r"), STAMP, "COMPLETE")
    assert (run.inputs, run.outputs) == ((("n", "a"),), (("n", "x"),))
    assert only(found, JobFact).key == ("n", "j")
    assert [f.key for f in found if isinstance(f, DatasetFact)] == [("n", "a"), ("n", "x")]


def test_an_event_without_type_is_kept() -> None:
    assert only(run_event(eventType=None), RunFact).type is None


def test_facets_keep_the_senders_bytes_and_deleted_ones_are_none() -> None:
    job = {"namespace": "n", "name": "j", "facets": {"sql": {"query": "S", "x": [1.50]}, "tags": {"_deleted": True}}}
    kept = only(run_event(job=job), JobFact).facets
    assert kept == {"sql": msgspec.json.encode({"query": "S", "x": [1.50]}), "tags": None}


def test_a_facet_that_only_talks_of_deletion_is_not_deleted() -> None:
    text = {"description": 'sets "_deleted" to true'}
    job = {"namespace": "n", "name": "j", "facets": {"documentation": text}}
    assert only(run_event(job=job), JobFact).facets["documentation"] == msgspec.json.encode(text)


def test_input_and_output_facets_belong_to_the_run() -> None:
    found = run_event(inputs=[dataset("a", inputFacets={"stats": {"n": 1}})])
    assert only(found, RunFact).facets == {io_facet_name("in", ("n", "a"), "stats"): b'{"n":1}'}


def test_parent_and_root_are_read_also_under_the_old_name() -> None:
    parent = {"run": {"runId": "p"}, "job": {"namespace": "n", "name": "dag"}}
    root = {"root": {"run": {"runId": "q"}, "job": {"namespace": "n", "name": "top"}}}
    for name in ("parent", "parentRun"):
        run = only(run_event(run={"runId": "r", "facets": {name: parent | root}}), RunFact)
        assert (run.parent, run.root) == (("n", "dag", "p"), ("n", "top", "q"))


def test_streaming_and_snapshot_jobs_are_recognised() -> None:
    job_type = {"processingType": "STREAMING", "emissionPattern": {"eventContentMode": "COMPLETE_SNAPSHOT"}}
    run = only(run_event(job={"namespace": "n", "name": "j", "facets": {"jobType": job_type}}), RunFact)
    assert (run.streaming, run.snapshot) == (True, True)


def test_inputs_named_only_in_column_lineage_are_sources() -> None:
    lineage = {"fields": {"c": {"inputFields": [{"namespace": "n", "name": "hidden", "field": "f"}]}}}
    found = run_event(outputs=[dataset("x", facets={"columnLineage": lineage})])
    run = only(found, RunFact)
    assert [(c.output, c.sources) for c in run.columns] == [(("n", "x"), (("n", "hidden"),))]
    assert ("n", "hidden") in {f.key for f in found if isinstance(f, DatasetFact)}


def test_the_explicit_facet_becomes_groups() -> None:
    entry = {
        "type": "DATASET",
        "namespace": "n",
        "name": "x",
        "inputs": [{"type": "DATASET", "namespace": "n", "name": "a"}],
    }
    job = {"namespace": "n", "name": "j", "facets": {"lineage": {"entries": [entry]}}}
    run = only(run_event(job=job, inputs=[dataset("b")]), RunFact)
    assert run.explicit == (Group(("n", "j"), (("n", "a"),), (("n", "x"),)),)


def test_a_job_among_the_sources_of_a_column_is_no_dataset() -> None:
    sources = [{"type": "JOB", "namespace": "n", "name": "other"}, {"type": "DATASET", **dataset("a"), "field": "f"}]
    facets = {"lineage": {"fields": {"p": {"inputs": sources}}}}
    found = run_event(outputs=[dataset("x", facets=facets)])
    assert [column.sources for column in only(found, RunFact).columns] == [(("n", "a"),)]
    assert [fact.key for fact in found if isinstance(fact, DatasetFact)] == [("n", "x"), ("n", "a")]
    assert ("n", "other") in {fact.key for fact in found if isinstance(fact, JobFact)}


def test_a_facet_that_is_deleted_states_nothing_whatever_else_it_holds() -> None:
    facets: dict[str, dict[str, Any]] = {
        "symlinks": {"identifiers": [{"namespace": "hive", "name": "t", "type": "TABLE"}]},
        "lifecycleStateChange": {"lifecycleStateChange": "DROP"},
        "lineage": {"inputs": [{"type": "DATASET", **dataset("a")}]},
        "columnLineage": {"fields": {"c": {"inputFields": [{**dataset("a"), "field": "f"}]}}},
    }
    deleted = {name: {**value, "_deleted": True} for name, value in facets.items()}
    found = run_event(outputs=[dataset("x", facets=deleted)])
    stated, run = only(found, DatasetFact), only(found, RunFact)
    assert (stated.facets, stated.links, stated.dropped) == (dict.fromkeys(facets), (), False)
    assert (run.explicit, run.columns) == (None, ())


def test_symlinks_and_renames_link_and_a_drop_drops() -> None:
    facets = {
        "symlinks": {"identifiers": [{"namespace": "hive", "name": "t", "type": "TABLE"}]},
        "lifecycleStateChange": {
            "lifecycleStateChange": "RENAME",
            "previousIdentifier": {"namespace": "n", "name": "old"},
        },
    }
    renamed = only(run_event(outputs=[dataset("new", facets=facets)]), DatasetFact)
    assert set(renamed.links) == {("hive", "t"), ("n", "old")}
    gone = run_event(outputs=[dataset("x", facets={"lifecycleStateChange": {"lifecycleStateChange": "DROP"}})])
    assert only(gone, DatasetFact).dropped


def test_a_job_event_declares_lineage_without_a_run() -> None:
    found = facts(job={"namespace": "n", "name": "j"}, inputs=[dataset("a")], outputs=[dataset("x")])
    static = only(found, StaticFact)
    assert (static.job, static.inputs, static.outputs) == (("n", "j"), (("n", "a"),), (("n", "x"),))


def test_a_dataset_event_declares_lineage_only_where_it_states_some() -> None:
    assert not any(isinstance(f, StaticFact) for f in facts(dataset=dataset("x", facets={"storage": {}})))
    lineage = {"inputs": [{"type": "DATASET", "namespace": "n", "name": "a"}]}
    static = only(facts(dataset=dataset("x", facets={"lineage": lineage})), StaticFact)
    assert static.dataset == ("n", "x")
    assert [(g.inputs, g.outputs) for g in static.explicit] == [((("n", "a"),), (("n", "x"),))]
    deleted = facts(dataset=dataset("x", facets={"columnLineage": {"_deleted": True}}))
    assert only(deleted, StaticFact).columns == ()


def test_a_facet_of_unknown_shape_is_kept_and_asserts_nothing() -> None:
    odd = {"symlinks": [1], "columnLineage": "?", "lifecycleStateChange": 7, "lineage": {"entries": "no"}}
    found = run_event(outputs=[dataset("x", facets=odd)], run={"runId": "r", "facets": {"parent": []}})
    assert only(found, RunFact).explicit is None
    assert only(found, RunFact).parent is None
    assert set(only(found, DatasetFact).facets) == set(odd)
