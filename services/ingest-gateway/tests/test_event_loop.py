"""POSTs of one small event are handled on the server's event loop, all others on its threads, without Flask: same
responses as Flask, and no waiting on the loop.
"""

import asyncio
import contextlib
import gzip
import io
import json
import logging
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
import structlog

from headwater.bus.embedded import EmbeddedBus
from headwater.bus.errors import Unavailable
from headwater.bus.port import Outgoing, Position
from headwater.contracts import topics
from headwater.ingest_gateway.settings import EVENT_LIMIT
from headwater.runtime.logs import lines as logs
from headwater.runtime.logs.queue import QueuedStream
from headwater.runtime.web.direct import LOOP_BYTES, LOOP_PIECES
from headwater.runtime.web.lanes import Lane
from tests.asgi import Answered, call
from tests.blocking import Watch
from tests.event_loops import BATCH, LINEAGE, Loop, named


def _body(content: bytes, headers: Mapping[str, str]) -> Any:
    return json.loads(gzip.decompress(content) if headers.get("content-encoding") == "gzip" else content)


def _same(answered: Answered, by_flask: Any) -> None:
    assert answered.status == by_flask.status_code
    ours = _body(answered.body, answered.headers)
    theirs = _body(by_flask.get_data(), {name.lower(): value for name, value in by_flask.headers.items()})
    ours.pop("instance", None)
    theirs.pop("instance", None)
    assert ours == theirs
    headers = {name.lower(): value for name, value in by_flask.headers.items()}
    assert headers.pop("x-request-id") != answered.headers.pop("x-request-id")
    headers.pop("content-length")
    answered.headers.pop("content-length")
    assert answered.headers == headers


def test_the_loop_answers_as_flask_does(loop: Loop, run_event: dict[str, Any], prediction: dict[str, Any]) -> None:
    label = {
        "id": "p-1",
        "event_time": prediction["event_time"],
        "model": prediction["model"],
        "label": {"class": "no"},
    }
    cases: list[tuple[str, bytes]] = [
        (LINEAGE, json.dumps(run_event).encode()),
        (LINEAGE, json.dumps(run_event | {"note": float("nan")}).encode()),
        (LINEAGE, json.dumps(run_event | {"eventTime": "soon"}).encode()),
        (LINEAGE, b"{"),
        (LINEAGE, b"[" * 1000),
        (LINEAGE, b"\xff"),
        ("/api/v1/predictions", json.dumps(prediction).encode()),
        ("/api/v1/predictions", json.dumps(prediction | {"version": 3}).encode()),
        ("/api/v1/labels", json.dumps(label).encode()),
        ("/api/v1/models/events", b"{}"),
        ("/api/v1/metrics", b"null"),
    ]
    for path, body in cases:
        _same(loop.post(path, body), loop.gateway.post(path, body))
    assert (loop.on_threads, loop.by_flask) == (0, 0)


def test_the_threads_answer_as_flask_does(loop: Loop, run_event: dict[str, Any], prediction: dict[str, Any]) -> None:
    good, bad = json.dumps(run_event).encode(), json.dumps(run_event | {"eventTime": "soon"}).encode()
    lines = json.dumps(prediction).encode() + b"\n" + json.dumps(prediction | {"version": 3}).encode()
    typed = "application/x-ndjson"
    cases: list[tuple[str, bytes, str]] = [
        (BATCH, b"[" + good + b"," + bad + b"]", "application/json"),
        (BATCH, b"[" + b",".join([bad] * 100) + b"]", "application/json"),
        (BATCH, b"[" + b",".join([b"1"] * 20_000) + b"]", "application/json"),
        (BATCH, b"[]", "application/json"),
        (BATCH, b"{", "application/json"),
        (BATCH, b"[]", "text/plain"),
        (BATCH, b" " * (EVENT_LIMIT + 1), "application/json"),
        ("/api/v1/predictions", lines, typed),
        ("/api/v1/predictions", b"\n".join([b"{}"] * 100), typed),
    ]
    for path, body, media in cases:
        for coding in ({}, {"Accept_Encoding": "gzip"}, {"Accept_Encoding": "br, gzip;q=0"}):
            answered = loop.post(path, body, Content_Type=media, **coding)
            by_flask = loop.gateway.post(path, body, content_type=media, headers=named(coding))
            _same(answered, by_flask)
    assert (loop.on_threads, loop.by_flask) == (3 * len(cases), 0)


def test_where_the_log_may_block_even_one_event_is_handled_on_a_thread(gateway: Any, run_event: dict[str, Any]) -> None:
    loop = Loop(gateway, may_block=True)
    body = json.dumps(run_event).encode()
    _same(loop.post(LINEAGE, body), gateway.post(LINEAGE, body))
    assert (loop.on_threads, loop.by_flask) == (1, 0)
    loop.close()


def test_credentials_unknown_in_memory_are_left_to_flask(loop: Loop, run_event: dict[str, Any]) -> None:
    body = json.dumps(run_event).encode()
    loop.gateway.post(LINEAGE, body, key="team-a")
    loop.gateway.post(LINEAGE, body, key="reader")
    for key, status in ((None, 401), ("reader", 403), ("team-a", 201)):
        answered = loop.post(LINEAGE, body, key=key)
        assert answered.status == status
        _same(answered, loop.gateway.post(LINEAGE, body, key=key))
    assert loop.by_flask == 2
    forged = loop.post(LINEAGE, body, key="reader", Headwater_Principal="forged")
    assert forged.status == 403


def test_a_request_with_parameters_is_flasks(loop: Loop, run_event: dict[str, Any]) -> None:
    body = json.dumps(run_event).encode()
    _same(loop.post(f"{LINEAGE}?a=b", body), loop.gateway.post(f"{LINEAGE}?a=b", body))
    assert loop.by_flask == 1


def test_scopes_hold_on_the_loop_too(loop: Loop, run_event: dict[str, Any]) -> None:
    elsewhere = json.dumps(run_event | {"job": {"namespace": "team-b", "name": "daily"}}).encode()
    loop.gateway.post(LINEAGE, elsewhere, key="team-a")
    answered = loop.post(LINEAGE, elsewhere, key="team-a")
    _same(answered, loop.gateway.post(LINEAGE, elsewhere, key="team-a"))
    assert (answered.status, loop.on_threads, loop.by_flask) == (403, 0, 0)
    (refused,) = loop.gateway.audited  # identical ones within a minute are one record
    assert (refused.action, refused.outcome) == (f"POST {LINEAGE}", "refused")
    assert refused.actor.startswith("key:")


def test_requests_on_the_loop_are_named_counted_and_safe(loop: Loop, run_event: dict[str, Any]) -> None:
    answered = loop.post(LINEAGE, json.dumps(run_event).encode(), X_Request_Id="given-by-me")
    assert answered.headers["x-request-id"] == "given-by-me"
    assert answered.headers["x-content-type-options"] == "nosniff"
    (record,) = loop.gateway.log()
    assert b"given-by-me" in dict(record.headers)["request_id"]
    assert (loop.on_threads, loop.by_flask) == (0, 0)
    counted = (
        'headwater_http_requests_total{method="POST",route="/api/v1/lineage",service="ingest-gateway",status="201"} 1.0'
    )
    assert loop.gateway.counted(counted)
    assert loop.gateway.counted('headwater_ingest_in_flight{service="ingest-gateway"} 0.0')


def test_a_batch_of_many_elements_does_not_block_the_loop(loop: Loop) -> None:
    body = b"[" + b",".join([b"1"] * 32_000) + b"]"
    assert len(body) <= LOOP_BYTES
    answered = loop.post(BATCH, body)
    assert json.loads(answered.body)["summary"]["failed"] == 32_000
    assert (loop.on_threads, loop.by_flask) == (1, 0)


@pytest.mark.parametrize("how", ["lines", "packed", "large", "of many pieces", "of another type"])
def test_expensive_requests_run_on_threads(loop: Loop, prediction: dict[str, Any], how: str) -> None:
    plain = json.dumps(prediction).encode()
    body, headers = {
        "lines": (plain + b"\n" + plain, {"Content_Type": "application/x-ndjson"}),
        "packed": (gzip.compress(plain), {"Content_Encoding": "gzip"}),
        "large": (plain + b" " * LOOP_BYTES, {}),
        "of many pieces": (json.dumps(prediction | {"more": [1] * LOOP_PIECES}).encode(), {}),
        "of another type": (plain, {"Content_Type": "text/plain"}),
    }[how]
    answered = loop.post("/api/v1/predictions", body, **headers)
    assert answered.status == (415 if how == "of another type" else 201)
    assert (loop.on_threads, loop.by_flask) == (1, 0)


class Stuck(EmbeddedBus):
    """A log whose disk never responds."""

    def producer(self) -> Any:
        return self

    def send(self, record: Outgoing) -> "Future[Position]":
        return Future()

    def send_all(self, records: Any, *, timeout: float) -> Any:
        raise AssertionError("it would block")


class Refusing(Stuck):
    def send(self, record: Outgoing) -> "Future[Position]":
        failed: Future[Position] = Future()
        failed.set_exception(Unavailable("disk full", retry_after=2.5))
        return failed


@pytest.mark.parametrize(("kind", "retry_after"), [(Stuck, "1"), (Refusing, "3")])
def test_a_log_that_does_not_answer_is_a_503_on_the_loop_too(
    gateways: Callable[..., Any], run_event: dict[str, Any], tmp_path: Path, kind: type[Stuck], retry_after: str
) -> None:
    bus = kind(tmp_path / "other", fsync=False)
    gateway = gateways(bus, append_timeout=0.01)
    loop = Loop(gateway, lane=Lane("none", 0, waiting=0))
    answered = loop.post(LINEAGE, json.dumps(run_event).encode())
    assert (answered.status, answered.headers["retry-after"]) == (503, retry_after)
    assert json.loads(answered.body)["type"].endswith(":unavailable")
    assert gateway.counted('headwater_ingest_in_flight{service="ingest-gateway"} 0.0')
    bus.close()


@contextlib.contextmanager
def _logging_to(stream: QueuedStream) -> Iterator[None]:
    """As the front process of the embedded product logs."""
    root, handlers = logging.getLogger(), logging.getLogger().handlers[:]
    level, before = root.level, structlog.get_config()
    logs.configure("test", stream=stream)
    try:
        yield
    finally:
        structlog.configure(**before)
        root.handlers[:] = handlers
        root.setLevel(level)
        stream.close()


def test_nothing_on_the_loop_waits(
    gateways: Callable[..., Any], run_event: dict[str, Any], prediction: dict[str, Any], bus: EmbeddedBus
) -> None:
    with Watch() as watch, _logging_to(QueuedStream(io.StringIO())):
        watched = EmbeddedBus(bus._directory, fsync=False)
        loop = Loop(gateways(watched))
        watched.open_writers((topics.LINEAGE_EVENTS, topics.MODEL_EVENTS, topics.PREDICTION_EVENTS))
        bodies = [(LINEAGE, run_event), ("/api/v1/predictions", prediction), (LINEAGE, {}), ("/api/v1/labels", [])]

        async def all_at_once() -> list[Answered]:
            sent = loop.gateway.shown()
            with watch.on_this_thread():
                return await asyncio.gather(
                    *(
                        call(loop.application, "POST", path, json.dumps(body).encode(), sent)
                        for path, body in bodies * 25
                    )
                )

        statuses = [answered.status for answered in asyncio.run(all_at_once())]
        watched.close()
        assert statuses == [201, 201, 422, 422] * 25
    assert (loop.on_threads, loop.by_flask) == (0, 0)
    watch.verify()
