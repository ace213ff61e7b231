"""If events cannot be made durable now: 503 with Retry-After for the whole request, and recovery afterwards."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from headwater.bus.errors import BusError, Fatal, RecordTooLarge, Transient, Unavailable, UnknownTopic
from headwater.contracts import topics
from tests.patience import LONG

ONE = "/api/v1/lineage"
BATCH = "/api/v1/lineage/batch"


class FailingBus:
    """A bus with one kind of fault."""

    def __init__(self, error: BusError) -> None:
        self._error = error

    def producer(self) -> "FailingBus":
        return self

    def send_all(self, records: list[Any], *, timeout: float) -> None:
        raise self._error

    def check(self) -> None:
        raise self._error


@pytest.mark.parametrize(
    "error",
    [Unavailable("disk full", retry_after=2.5), Transient("busy"), UnknownTopic("lineage.events"), Fatal("torn")],
)
def test_a_bus_out_of_order_is_a_503_that_says_when_to_come_back(
    gateways: Callable[..., Any], run_event: dict[str, Any], error: BusError
) -> None:
    gateway = gateways(FailingBus(error))
    for path, body in ((ONE, run_event), (BATCH, [run_event])):
        answer = gateway.post(path, body)
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) >= 1
        assert answer.json["type"].endswith(":unavailable")


def test_a_record_too_large_for_its_topic_is_a_413_without_retry(
    gateways: Callable[..., Any], run_event: dict[str, Any]
) -> None:
    answer = gateways(FailingBus(RecordTooLarge("17 MB"))).post(ONE, run_event)
    assert answer.status_code == 413
    assert "Retry-After" not in answer.headers


class HeldBus(FailingBus):
    """A bus that blocks its callers until released."""

    def __init__(self) -> None:
        self.arrived, self.go = threading.Event(), threading.Event()

    def send_all(self, records: list[Any], *, timeout: float) -> None:
        self.arrived.set()
        assert self.go.wait(LONG)


def test_past_the_places_requests_are_asked_to_come_back_and_then_taken(
    gateways: Callable[..., Any], run_event: dict[str, Any]
) -> None:
    held = HeldBus()
    gateway = gateways(held, in_flight=1)
    first: list[int] = []
    caller = threading.Thread(target=lambda: first.append(gateway.post(ONE, run_event).status_code))
    caller.start()
    assert held.arrived.wait(LONG)
    refused = gateway.post(ONE, run_event)
    held.go.set()
    caller.join(LONG)
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
    assert first == [201]
    assert gateway.post(ONE, run_event).status_code == 201
    assert gateway.counted('headwater_ingest_in_flight{service="ingest-gateway"} 0.0')


def test_readiness_names_the_bus(gateways: Callable[..., Any]) -> None:
    client = gateways(FailingBus(Unavailable("disk full"))).app.test_client()
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json["dependencies"]["bus"] == {"ok": False, "message": "disk full"}


def test_while_the_dead_letters_of_a_topic_are_full_its_events_and_no_others_are_refused(
    gateways: Callable[..., Any], run_event: dict[str, Any], prediction: dict[str, Any]
) -> None:
    full = {topics.LINEAGE_EVENTS}
    gateway = gateways(full=full.__contains__)
    for path, body in ((ONE, run_event), (BATCH, [run_event])):
        answer = gateway.post(path, body)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
        assert "headwater dead-letters" in answer.json["detail"]
        assert topics.LINEAGE_EVENTS in answer.json["detail"]
    assert gateway.log() == []
    assert gateway.post("/api/v1/predictions", prediction).status_code == 201
    full.clear()
    assert gateway.post(ONE, run_event).status_code == 201
