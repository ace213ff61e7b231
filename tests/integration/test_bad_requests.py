"""Bad requests to the running product: never a 5xx, a helpful refusal, and the next good event is visible."""

import json
import uuid
import zlib
from typing import Any

import pytest
import requests

from tests.integration.bad_events import AT, BROKEN, LINEAGE, WRITES, Bad, named, run_event
from tests.patience import LONG
from tests.product import Product, eventually

pytestmark = pytest.mark.embedded
MEGABYTE = 1 << 20


def refused(answer: requests.Response, status: int) -> dict[str, Any]:
    """The problem of a refusal, always in the same shape: what is wrong, where, and what to do."""
    assert answer.status_code == status, answer.text[:500]
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert problem["type"].startswith("urn:headwater:problem:")
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]
    return problem


@pytest.fixture(autouse=True)
def _the_next_good_event_is_visible(product: Product, token: str) -> Any:
    """After every test of this module the product is alive, and a good event gets from the endpoint to the graph."""
    yield
    job = f"after-{uuid.uuid4().hex[:8]}"
    assert product.post(LINEAGE, run_event(job=named(name=job))).status_code == 201
    eventually(lambda: find(product, token, "ETLProcess", "bad", job))


def find(product: Product, token: str, kind: str, namespace: str, name: str) -> dict[str, Any] | None:
    answer = product.get("/api/v1/graph/nodes", token, kind=kind, namespace=namespace, name=name)
    return answer.json() if answer.ok else None


def test_every_broken_rule_is_answered_with_its_field_and_the_remedy(product: Product) -> None:
    wrong = [said for bad in BROKEN if (said := _not_as_promised(product, bad))]
    assert not wrong, "\n".join(wrong)


def _not_as_promised(product: Product, bad: Bad) -> str | None:
    answer = product.post(bad.path, json.dumps(bad.event).encode())
    if answer.status_code != 422:
        return f"{bad}: {answer.status_code} {answer.text[:200]}"
    problem = refused(answer, 422)
    named_fields = {error["field"] for error in problem["errors"]}
    return None if bad.field in named_fields else f"{bad}: names {named_fields}: {problem['detail']}"


def test_a_refused_event_leaves_nothing_behind(product: Product, token: str) -> None:
    event = run_event(job=named(name="half-good"), outputs=[{"namespace": "bad", "name": ""}])
    refused(product.post(LINEAGE, event), 422)
    assert product.post(LINEAGE, run_event(job=named(name="whole"))).ok
    eventually(lambda: find(product, token, "ETLProcess", "bad", "whole"))
    assert find(product, token, "ETLProcess", "bad", "half-good") is None


@pytest.mark.parametrize("path", WRITES)
def test_what_is_no_json_is_refused_by_every_route(product: Product, path: str) -> None:
    for body in (b"", b"not json", b"\xff\xfe\x00", b"\x00"):
        refused(product.post(path, body), 400)
    for body in (b"{", b'{"a": }', b"[", b"5", b'"x"', b"null", b"[" * 50_000):
        answer = product.post(path, body)
        assert answer.status_code in {400, 422}
        refused(answer, answer.status_code)


def test_a_body_of_32_megabytes_is_refused_without_asking_for_more(product: Product) -> None:
    answer = product.post(LINEAGE, b" " * (32 * MEGABYTE))
    assert "17,000,000 bytes" in refused(answer, 413)["detail"]
    assert "Retry-After" not in answer.headers


def test_a_gzip_bomb_costs_neither_memory_nor_time(product: Product) -> None:
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join([*(packer.compress(bytes(MEGABYTE)) for _ in range(512)), packer.flush()])
    front = product.child("front")
    before = front.memory_info().rss
    for _ in range(3):
        answer = product.post(LINEAGE, bomb, headers={"Content-Encoding": "gzip"})
        refused(answer, 413)
        assert answer.elapsed.total_seconds() < 5
    assert front.memory_info().rss - before < 150 * MEGABYTE


def test_other_encodings_and_media_types_are_refused(product: Product) -> None:
    body = json.dumps(run_event()).encode()
    refused(product.post(LINEAGE, body, headers={"Content-Encoding": "br"}), 415)
    refused(product.post(LINEAGE, body, headers={"Content-Type": "text/xml"}), 415)
    refused(product.post(LINEAGE, b"not gzip", headers={"Content-Encoding": "gzip"}), 400)


def test_what_carries_no_identity_is_mended_and_served(product: Product, token: str) -> None:
    """No eventType, a time without zone, NaN, Infinity, NUL and a lone surrogate in facets."""
    facets = {"odd": {"min": float("nan"), "max": float("inf"), "text": "a\0b\ud800c"}}
    event = run_event(
        eventType=None,
        eventTime="2026-03-01T12:00:00",
        run={"runId": "mended"},
        job=named(name="mended", facets=facets),
    )
    answer = product.post(LINEAGE, json.dumps(event).encode())
    assert answer.status_code == 201
    assert answer.json()["notes"]
    node = eventually(lambda: find(product, token, "ETLProcess", "bad", "mended"))
    assert node["facets"]["odd"] == {"min": None, "max": None, "text": "a\ufffdb\ufffdc"}
    assert node["last_seen"] == AT.replace("Z", ".000000Z")


def test_a_batch_takes_the_good_and_tells_of_the_bad(product: Product, token: str) -> None:
    events = [run_event(job=named(name="good-1")), run_event(job=None), 7, run_event(job=named(name="good-2"))]
    answer = product.post(f"{LINEAGE}/batch", events)
    assert answer.status_code == 200
    assert [failed["index"] for failed in answer.json()["failed_events"]] == [1, 2]
    eventually(lambda: find(product, token, "ETLProcess", "bad", "good-2"))
    assert find(product, token, "ETLProcess", "bad", "good-1")


def test_without_a_key_or_with_a_wrong_one_nothing_is_taken(product: Product) -> None:
    for headers in ({}, {"Authorization": "Bearer hw_nobody_knows"}, {"Authorization": "Basic YTpi"}):
        answer = requests.post(product.url + LINEAGE, json=run_event(), headers=headers, timeout=LONG)
        refused(answer, 401)


def test_questions_that_make_no_sense_are_refused_too(product: Product, token: str) -> None:
    asked: list[tuple[str, dict[str, Any]]] = [
        ("/api/v1/graph/search", {"limit": "many"}),
        ("/api/v1/graph/search", {"cursor": "\0"}),
        ("/api/v1/graph/scene", {"focus": "x", "up": -1}),
        ("/api/v1/graph/scene", {"focus": "x", "as_of": "soon"}),
        ("/api/v1/graph/nodes/" + "x" * 26, {}),
        ("/api/v1/runs", {"limit": 10**9}),
        ("/api/v1/predictions", {}),
        ("/api/v1/models/none/versions/none/metrics", {"from": "x"}),
    ]
    for path, params in asked:
        answer = product.get(path, token, **params)
        assert 400 <= answer.status_code < 500, f"{path} {params}: {answer.status_code}"
        refused(answer, answer.status_code)
