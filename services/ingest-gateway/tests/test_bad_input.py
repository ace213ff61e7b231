"""Bad input: never a 5xx, a reason that names the field, and the next good event is accepted."""

import gzip
import json
import zlib
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

ONE = "/api/v1/lineage"
PATHS = (
    ONE,
    "/api/v1/lineage/batch",
    "/api/v1/models/events",
    "/api/v1/predictions",
    "/api/v1/labels",
    "/api/v1/metrics",
)
Event = dict[str, Any]
GOOD = {"eventTime": "2026-03-01T11:00:00Z", "job": {"namespace": "n", "name": "j"}}


def problem(answer: Any) -> tuple[int, str, list[str]]:
    assert answer.content_type == "application/problem+json"
    body = answer.json
    return answer.status_code, body["type"].rpartition(":")[2], [error["field"] for error in body.get("errors", [])]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"job": None}, "job"),
        ({"job": {"namespace": "n"}}, "job.name"),
        ({"job": {"namespace": "", "name": "j"}}, "job.namespace"),
        ({"job": {"namespace": "n", "name": "  "}}, "job.name"),
        ({"job": {"namespace": "n", "name": "a\0b"}}, "job.name"),
        ({"job": {"namespace": "n", "name": "a\udc80b"}}, "job.name"),
        ({"job": {"namespace": "n" * 4097, "name": "j"}}, "job.namespace"),
        ({"job": "daily"}, "job"),
        ({"run": {"runId": ""}}, "run.runId"),
        ({"run": {}}, "run.runId"),
        ({"eventTime": 1772366400}, "eventTime"),
        ({"eventTime": "yesterday"}, "eventTime"),
        ({"eventTime": "2026-03-03T12:00:00Z"}, "eventTime"),
        ({"eventTime": "0001-01-01T00:00:00Z"}, "eventTime"),
        ({"eventType": "DONE"}, "eventType"),
        ({"inputs": [{"namespace": "n", "name": ""}]}, "inputs[0].name"),
        ({"outputs": {"namespace": "n"}}, "outputs"),
        ({"dataset": {"namespace": "n", "name": "d"}}, "dataset"),
    ],
)
def test_a_broken_field_is_named_and_nothing_is_stored(gateway: Any, change: Event, field: str) -> None:
    answer = gateway.post(ONE, {k: v for k, v in (GOOD | change).items() if v is not None})
    assert problem(answer) == (422, "invalid", [field])
    assert gateway.log() == []


@pytest.mark.parametrize(
    "body", [b"", b"not json", b"{", b"\xff\xfe{}", b'{"a": "\xed\xa0\x80"}', b"{'a': 1}", b"\x00"]
)
def test_what_is_no_json_is_a_400_and_the_next_good_event_is_taken(gateway: Any, body: bytes) -> None:
    assert problem(gateway.post(ONE, body))[:2] == (400, "not-json")
    assert gateway.post(ONE, GOOD).status_code == 201


@pytest.mark.parametrize("body", [b"[]", b"5", b"null", b'"x"', b"[" * 100_000, b'{"a":' * 300 + b"1" + b"}" * 300])
def test_json_of_another_shape_or_too_deep_is_a_422(gateway: Any, body: bytes) -> None:
    assert gateway.post(ONE, body).status_code == 422


def test_nan_and_infinity_become_null_with_a_note(gateway: Any) -> None:
    facets = {"quality": {"min": float("nan"), "max": float("inf"), "low": -float("inf"), "name": "NaN"}}
    answer = gateway.post(ONE, GOOD | {"job": {"namespace": "n", "name": "j", "facets": facets}})
    assert answer.status_code == 201
    assert len(answer.json["notes"]) == 1
    stored = json.loads(gateway.log()[0].value)
    assert stored["job"]["facets"]["quality"] == {"min": None, "max": None, "low": None, "name": "NaN"}


def test_nul_and_lone_surrogates_in_facets_become_the_replacement_character(gateway: Any) -> None:
    facets = {"sql": {"query": "a\0b\ud800c \U0001f600"}}
    assert gateway.post(ONE, GOOD | {"job": {"namespace": "n", "name": "j", "facets": facets}}).status_code == 201
    stored = json.loads(gateway.log()[0].value)
    assert stored["job"]["facets"]["sql"]["query"] == "a\ufffdb\ufffdc \U0001f600"


def test_a_missing_event_type_a_time_without_zone_and_a_run_id_of_any_kind_are_fine(gateway: Any) -> None:
    event = GOOD | {"eventTime": "2026-03-01T11:00:00.123456789", "run": {"runId": "not-a-uuid"}}
    assert gateway.post(ONE, event).status_code == 201


def test_names_of_four_thousand_bytes_and_every_script_are_fine(gateway: Any) -> None:
    for name in ("x" * 4096, "\U0001f600" * 1024, "a'b\"c`d/e\\f#g@h%i", "数据", "a\nb"):
        assert gateway.post(ONE, GOOD | {"job": {"namespace": name, "name": name}}).status_code == 201


@pytest.mark.parametrize("path", PATHS)
def test_a_body_of_32_megabytes_is_a_413_that_asks_for_no_retry(gateway: Any, path: str) -> None:
    answer = gateway.post(path, b" " * (32 << 20))
    assert problem(answer)[:2] == (413, "too-large")
    assert "Retry-After" not in answer.headers
    assert gateway.post(ONE, GOOD).status_code == 201


def test_an_event_of_just_16_megabytes_is_taken(gateway: Any) -> None:
    event = GOOD | {"job": {"namespace": "n", "name": "j", "facets": {"sql": {"query": ""}}}}
    room = (16 << 20) - len(json.dumps(event))
    event["job"]["facets"]["sql"]["query"] = "x" * room  # type: ignore[index]
    assert gateway.post(ONE, event).status_code == 201
    event["job"]["facets"]["sql"]["query"] += "x"  # type: ignore[index]
    assert gateway.post(ONE, event).status_code == 413


def test_a_gzip_bomb_is_refused_before_it_fills_the_memory(gateway: Any) -> None:
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join([*(packer.compress(bytes(1 << 20)) for _ in range(64)), packer.flush()])
    answer = gateway.post(ONE, bomb, headers={"Content-Encoding": "gzip"})
    assert problem(answer)[:2] == (413, "too-large")


def test_a_broken_gzip_body_and_unknown_encodings_are_refused(gateway: Any) -> None:
    whole = gzip.compress(json.dumps(GOOD).encode())
    assert gateway.post(ONE, whole[:-5], headers={"Content-Encoding": "gzip"}).status_code == 400
    assert gateway.post(ONE, b"plain", headers={"Content-Encoding": "gzip"}).status_code == 400
    assert gateway.post(ONE, whole, headers={"Content-Encoding": "br"}).status_code == 415
    assert gateway.post(ONE, GOOD, content_type="text/xml").status_code == 415


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.sampled_from(PATHS),
    body=st.one_of(
        st.binary(max_size=300),
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.integers() | st.text(st.characters(exclude_categories=[])),
            lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from([*GOOD, "run", "ids", "id", "x"]), inner),
        ).map(lambda value: json.dumps(value).encode()),
    ),
    gzipped=st.booleans(),
)
def test_no_bytes_whatever_give_a_5xx(gateway: Any, path: str, body: bytes, gzipped: bool) -> None:
    headers = {"Content-Encoding": "gzip"} if gzipped else {}
    assert gateway.post(path, body, headers=headers).status_code < 500
