"""What a sender may change with a lineage event: recorded in the record, and named if it is refused."""

import json
from typing import Any

import msgspec
import pytest

from headwater.contracts.api.ingest import Accepted, BatchVerdict
from headwater.contracts.identity import ALL, Visible
from headwater.contracts.lineage import decode_event
from headwater.ingest_gateway.granting import LONGEST_NAME, MOST_NOTES, UNLIMITED, Decision, decide

ONE, BATCH = "/api/v1/lineage", "/api/v1/lineage/batch"
TAGS = {"tags": {"tags": [{"key": "pii"}]}}
A, NOWHERE = Visible(prefixes=("a",)), Visible()


def dataset(namespace: str, name: str = "t", facets: Any = None) -> dict[str, Any]:
    return {"namespace": namespace, "name": name, "facets": TAGS if facets is None else facets}


def decided(
    *, annotates: Visible = A, writes: Visible = A, lineage: list[dict[str, Any]] | None = None, **members: Any
) -> Decision:
    """The decision on an event of the job a/j."""
    job = {"namespace": "a", "name": "j", "facets": {"lineage": {"entries": lineage}} if lineage else {}}
    event = {"eventTime": "2026-03-01T11:00:00Z", **({"job": job} if "dataset" not in members else {}), **members}
    return decide(decode_event(msgspec.json.encode(event)), annotates, writes)


def test_events_of_senders_with_both_permissions_everywhere_are_not_inspected() -> None:
    assert decided(annotates=ALL, writes=ALL, outputs=[dataset("b")]) is UNLIMITED
    assert decided(annotates=ALL, writes=A, outputs=[dataset("b")]).header == b'{"annotate":["b"]}'


def test_exactly_the_namespaces_are_stamped_that_the_event_needs() -> None:
    assert decided(outputs=[dataset("a", facets={"schema": {"fields": []}})]) == Decision(b"{}", ())
    outputs = [dataset("a/2"), dataset("a/1"), dataset("b")]
    assert decided(outputs=outputs).header == b'{"annotate":["a/1","a/2"]}'
    links = {"symlinks": {"identifiers": [{"namespace": n, "name": "x", "type": "TABLE"} for n in ("a/3", "b")]}}
    decision = decided(inputs=[dataset("a", facets=links)])
    assert decision.header == b'{"annotate":["a","a/3"]}'
    assert decision.notes == (
        "the name b/x of a/t was not applied: dataset:annotate is not granted on the namespace b",
    )


def test_a_facet_that_is_deleted_needs_the_permission_whatever_its_name() -> None:
    decision = decided(inputs=[dataset("b", facets={"schema": {"_deleted": True}, "custom": {"_deleted": False}})])
    assert decision.notes == ("schema of b/t was not applied: dataset:annotate is not granted on the namespace b",)


def test_every_facet_of_a_dataset_that_is_declared_by_itself_needs_the_permission() -> None:
    facets: dict[str, Any] = {"schema": {"fields": []}, "custom": {}}
    assert len(decided(dataset=dataset("b", facets=facets)).notes) == 2
    assert decided(dataset=dataset("a", facets=facets)) == Decision(b'{"annotate":["a"]}', ())


def test_another_job_may_be_spoken_of_where_its_events_may_be_sent() -> None:
    job = {"type": "JOB", "name": "other"}
    entries = [{**job, "namespace": "a/2"}, {**dataset("b", facets={}), "inputs": [{**job, "namespace": "b"}]}]
    decision = decided(lineage=entries)
    assert decision.header == b'{"write":["a/2"]}'
    assert decision.notes == (
        "lineage through the job b/other was not applied: ingest:write is not granted on the namespace b",
    )


def test_notes_are_few_and_short_and_the_rest_is_counted() -> None:
    long = "n" * 4000
    decision = decided(outputs=[dataset(f"b{number}", long) for number in range(MOST_NOTES + 7)])
    assert len(decision.notes) == MOST_NOTES + 1
    assert decision.notes[-1] == "7 more were not applied because a permission is missing"
    assert max(map(len, decision.notes)) < 3 * LONGEST_NAME


def test_a_dataset_that_is_read_and_written_is_named_once() -> None:
    assert len(decided(inputs=[dataset("b")], outputs=[dataset("b")]).notes) == 1


@pytest.mark.parametrize(
    "facets",
    [
        {"symlinks": 5, "lifecycleStateChange": [], "lineage": "x"},
        {"symlinks": {"identifiers": [{"namespace": 1}]}, "lineage": {"inputs": [{"type": "JOB"}], "fields": 3}},
        {"tags": None, "{}": {"_deleted": True}},
    ],
)
def test_facets_in_shapes_of_their_own_are_no_error(facets: dict[str, Any]) -> None:
    for namespace in ("a", "b"):
        assert isinstance(decided(outputs=[dataset(namespace, facets=facets)], lineage=[{"type": "JOB"}]), Decision)
        assert isinstance(decided(dataset=dataset(namespace, facets=facets)), Decision)


def test_the_answer_and_the_record_note_what_is_not_applied(gateway: Any, run_event: dict[str, Any]) -> None:
    run_event["outputs"][0]["facets"] = TAGS
    body = json.dumps(run_event).encode()
    accepted = msgspec.json.decode(gateway.post(ONE, body, key="team-a").data, type=Accepted)
    assert accepted.notes == [
        "tags of postgres://db:5432/shop.revenue was not applied: "
        "dataset:annotate is not granted on the namespace postgres://db:5432"
    ]
    [record] = gateway.log()
    headers = dict(record.headers)
    assert (record.value, headers["grants"]) == (body, b"{}")
    assert json.loads(headers["notes"]) == accepted.notes


def test_a_key_that_holds_the_permission_is_stamped_with_it(gateway: Any, run_event: dict[str, Any]) -> None:
    run_event["outputs"][0]["facets"] = TAGS
    for key, grants in (("tagger", b'{"annotate":["postgres://db:5432"]}'), ("all", b"*")):
        assert gateway.post(ONE, run_event, key=key).json["notes"] == []
        assert dict(gateway.log()[-1].headers)["grants"] == grants


def test_open_ingest_holds_the_permission_everywhere(gateways: Any, run_event: dict[str, Any]) -> None:
    run_event["outputs"][0]["facets"] = TAGS
    gateway = gateways(open_ingest=True)
    assert gateway.post(ONE, run_event, key=None).json["notes"] == []
    assert dict(gateway.log()[0].headers)["grants"] == b"*"


def test_a_batch_is_answered_with_its_notes_each_once(gateway: Any, run_event: dict[str, Any]) -> None:
    run_event["outputs"] = [dataset(f"s3://{number}") for number in range(MOST_NOTES)]
    events = [run_event | {"inputs": [dataset(f"s3://in/{number}")]} for number in range(60)]
    verdict = msgspec.json.decode(gateway.post(BATCH, [run_event, run_event], key="team-a").data, type=BatchVerdict)
    assert len(verdict.notes) == MOST_NOTES
    assert all(note.endswith(" (events 0, 1)") for note in verdict.notes)
    verdict = msgspec.json.decode(gateway.post(BATCH, events, key="team-a").data, type=BatchVerdict)
    assert verdict.status == "success"
    assert len(verdict.notes) == 51
    assert "more notes" in verdict.notes[-1]
