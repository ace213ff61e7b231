"""Audit events on their way to the bus: callers never wait, and none is lost silently."""

import logging
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from headwater.bus.audit_log import AuditLog
from headwater.bus.embedded import EmbeddedBus
from headwater.bus.errors import Unavailable
from headwater.bus.port import Outgoing, Position
from headwater.contracts.audit import AuditEvent
from headwater.contracts.topics import AUDIT_EVENTS
from tests.patience import eventually


def event(number: int) -> AuditEvent:
    return AuditEvent(
        id=f"e{number}", at=number, actor="user:u1", action="a", object="o", outcome="done", service="api-gateway"
    )


class Producer:
    """Refuses until it is opened."""

    def __init__(self) -> None:
        self.open, self.tried = False, threading.Event()
        self.sent: list[Outgoing] = []

    def send(self, record: Outgoing) -> Any:
        raise NotImplementedError

    def send_all(self, records: Sequence[Outgoing], *, timeout: float) -> list[Position]:
        self.tried.set()
        if not self.open:
            raise Unavailable("away", retry_after=0.0)
        self.sent += records
        return []

    def close(self) -> None: ...


def test_what_is_noted_is_sent_under_its_actor_with_its_id(tmp_path: Path) -> None:
    bus = EmbeddedBus(tmp_path / "log", fsync=False)
    bus.create_topics({AUDIT_EVENTS: 1})
    log = AuditLog(bus.producer())
    log.note(event(1))
    log.record(event(2))
    log.close()
    reader = bus.consumer(group=None, topics=[AUDIT_EVENTS])
    found = {record.value: record for record in reader.poll(timeout=1, max_records=10)}
    assert found.keys() == {msgspec.json.encode(event(number)) for number in (1, 2)}
    assert {(record.key, record.headers[0][0]) for record in found.values()} == {(b"user:u1", "event_id")}
    reader.close()
    bus.close()


def test_what_the_bus_does_not_take_waits_in_order() -> None:
    producer = Producer()
    log = AuditLog(producer, retry_seconds=0.01)
    for number in range(3):
        log.note(event(number))
    assert producer.tried.wait(30)
    producer.open = True
    eventually(lambda: len(producer.sent) >= 3)
    assert [dict(record.headers)["event_id"] for record in producer.sent] == [b"e0", b"e1", b"e2"]
    log.close()


def test_what_finds_no_room_or_no_time_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    log = AuditLog(Producer(), limit=1, retry_seconds=0.01)
    with caplog.at_level(logging.ERROR, "headwater.audit"):
        log.note(event(0))
        log.note(event(1))
        log.close()
        log.note(event(2))
    lost = [record.getMessage() for record in caplog.records]
    assert [(number, reason) for number in ("e1", "e0", "e2") for reason in lost if f'"{number}"' in reason] != []
    assert len(lost) == 3
