"""Lineage over HTTP: what is accepted, with which key, and what the response contains."""

import gzip
import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from headwater.contracts.api.ingest import Accepted, BatchVerdict

ONE, BATCH = "/api/v1/lineage", "/api/v1/lineage/batch"
Event = dict[str, Any]


def test_an_event_is_answered_with_201_and_lies_in_the_log_as_it_was_sent(gateway: Any, run_event: Event) -> None:
    body = json.dumps(run_event, indent=1).encode()
    answer = gateway.post(ONE, body)
    assert answer.status_code == 201
    accepted = msgspec.json.decode(answer.data, type=Accepted)
    [record] = gateway.log()
    headers = dict(record.headers)
    assert record.value == body
    assert record.key == b"team-a\0daily"
    assert headers["event_id"].decode() == accepted.event_id
    assert int(headers["received_at"]) == 1772366400000000
    assert headers["principal"].startswith(b"key:")
    assert headers["request_id"].decode() == answer.headers["X-Request-Id"]
    assert "notes" not in headers


def test_an_event_is_keyed_by_the_job_of_its_root_run(gateway: Any, run_event: Event) -> None:
    parent = {"run": {"runId": "r"}, "job": {"namespace": "team-a", "name": "dag.task"}}
    run_event["run"]["facets"] = {
        "parent": parent | {"root": {"run": {"runId": "r0"}, "job": {"namespace": "x", "name": "dag"}}}
    }
    gateway.post(ONE, run_event)
    assert gateway.log()[0].key == b"x\0dag"


def test_job_events_and_dataset_events_are_taken(gateway: Any) -> None:
    job = {"eventTime": "2026-03-01T11:00:00Z", "job": {"namespace": "n", "name": "j"}}
    dataset = {"eventTime": "2026-03-01T11:00:00Z", "dataset": {"namespace": "s3://b", "name": "path"}}
    assert [gateway.post(ONE, e).status_code for e in (job, dataset)] == [201, 201]
    assert [record.key for record in gateway.log()] == [b"n\0j", b"s3://b\0path"]


def test_a_gzip_body_is_inflated(gateway: Any, run_event: Event) -> None:
    body = json.dumps(run_event).encode()
    assert gateway.post(ONE, gzip.compress(body), headers={"Content-Encoding": "gzip"}).status_code == 201
    assert gateway.log()[0].value == body


def test_a_key_writes_only_where_it_is_scoped_and_inputs_may_lie_anywhere(gateway: Any, run_event: Event) -> None:
    assert gateway.post(ONE, run_event, key="team-a").status_code == 201
    run_event["job"]["namespace"] = "team-b"
    refused = gateway.post(ONE, run_event, key="team-a")
    assert refused.status_code == 403
    assert "team-b" in refused.json["detail"]
    assert len(gateway.log()) == 1


def test_without_a_key_or_with_one_that_only_reads_nothing_is_taken(gateway: Any, run_event: Event) -> None:
    assert gateway.post(ONE, run_event, key=None).status_code == 401
    assert gateway.post(ONE, run_event, key="reader").status_code == 403
    assert gateway.log() == []


def test_open_ingest_takes_events_without_a_key(gateways: Callable[..., Any], run_event: Event) -> None:
    gateway = gateways(open_ingest=True)
    assert gateway.post(ONE, run_event, key=None).status_code == 201
    assert dict(gateway.log()[0].headers)["principal"] == b"open"


def test_a_batch_is_stored_in_order_with_a_verdict_on_each_event(gateway: Any, run_event: Event) -> None:
    nameless = run_event | {"job": {"namespace": "team-a", "name": ""}}
    foreign = run_event | {"job": {"namespace": "team-b", "name": "j"}}
    answer = gateway.post(BATCH, [run_event, nameless, run_event | {"eventType": "START"}, foreign, 5], key="team-a")
    assert answer.status_code == 200
    verdict = msgspec.json.decode(answer.data, type=BatchVerdict)
    assert verdict.status == "partial_success"
    assert verdict.summary.received == 5
    assert (verdict.summary.successful, verdict.summary.failed, verdict.summary.non_retriable) == (2, 3, 3)
    assert [failed.index for failed in verdict.failed_events] == [1, 3, 4]
    assert "job.name" in verdict.failed_events[0].reason
    assert "team-b" in verdict.failed_events[1].reason
    assert [json.loads(record.value)["eventType"] for record in gateway.log()] == ["COMPLETE", "START"]


def test_a_batch_that_passes_is_a_success_and_an_empty_one_too(gateway: Any, run_event: Event) -> None:
    verdicts = [gateway.post(BATCH, body).json for body in ([run_event] * 3, [])]
    assert [(v["status"], v["summary"]["successful"]) for v in verdicts] == [("success", 3), ("success", 0)]


def test_a_dirty_event_in_a_batch_is_mended_or_refused_by_itself(gateway: Any, run_event: Event) -> None:
    mended = run_event | {"job": {"namespace": "a", "name": "b", "facets": {"x": {"loss": float("nan")}}}}
    refused = run_event | {"job": {"namespace": "a", "name": "b\ud800"}}
    verdict = gateway.post(BATCH, [run_event, mended, refused]).json
    assert [failed["index"] for failed in verdict["failed_events"]] == [2]
    clean, record = gateway.log()
    assert clean.value == json.dumps(run_event).encode()
    assert json.loads(record.value)["job"]["facets"]["x"] == {"loss": None}
    assert "null" in dict(record.headers)["notes"].decode()


def test_a_batch_that_is_no_array_or_too_long_is_refused_as_a_whole(
    gateways: Callable[..., Any], run_event: Event
) -> None:
    gateway = gateways(batch_events=2)
    assert gateway.post(BATCH, run_event).status_code == 422
    assert gateway.post(BATCH, b"[{").status_code == 400
    assert gateway.post(BATCH, [run_event] * 3).status_code == 422
    assert gateway.log() == []


def test_a_trailing_slash_is_no_redirect(gateway: Any, run_event: Event) -> None:
    assert gateway.post(ONE + "/", run_event).status_code in (201, 404)


@pytest.mark.parametrize("method", ["get", "put", "delete", "patch"])
def test_other_methods_are_refused_by_name(gateway: Any, method: str) -> None:
    assert getattr(gateway.app.test_client(), method)(ONE).status_code == 405


def test_what_came_in_is_counted(gateway: Any, run_event: Event) -> None:
    gateway.post(BATCH, [run_event, run_event, {}])
    gateway.post(ONE, b"x")
    accepted = (
        'headwater_ingest_events_total{kind="lineage",result="accepted",service="ingest-gateway",transport="http"} 2.0'
    )
    assert gateway.counted(accepted)
    for reason in ("invalid", "not-json"):
        assert gateway.counted(
            f'headwater_ingest_refusals_total{{reason="{reason}",service="ingest-gateway",transport="http"}} 1.0'
        )


def test_notes_on_a_batch_name_the_events_that_they_are_about(gateway: Any, run_event: dict[str, Any]) -> None:
    events = [run_event, run_event | {"eventtype": "START"}, {}, *[run_event | {"eventtype": "START"}] * 3]
    verdict = msgspec.json.decode(gateway.post(BATCH, events).data, type=BatchVerdict)
    assert [failed.index for failed in verdict.failed_events] == [2]
    assert verdict.notes == [
        "unknown field `eventtype` is not read; did you mean `eventType`? (events 1, 3, 4 and 1 more)"
    ]


def test_accepted_events_with_notes_are_counted_by_reason_from_zero(gateway: Any, run_event: dict[str, Any]) -> None:
    def counted(reason: str, number: float) -> bool:
        labels = f'reason="{reason}",service="ingest-gateway",transport="http"'
        return bool(gateway.counted(f"headwater_ingest_notes_total{{{labels}}} {number}"))

    reasons = ("mended", "unknown_field", "not_granted")
    assert all(counted(reason, 0.0) for reason in reasons)
    tags = [{"namespace": "elsewhere", "name": "t", "facets": {"tags": {"tags": []}}}]
    everything = run_event | {"outputs": tags, "a": float("nan"), "b": 1}
    gateway.post(BATCH, [run_event, everything, run_event | {"c": 1}], key="team-a")
    gateway.post(ONE, run_event | {"eventTime": "soon", "d": 1}, key="team-a")  # refused
    assert [counted(reason, number) for reason, number in zip(reasons, (1.0, 2.0, 1.0), strict=True)] == [True] * 3
