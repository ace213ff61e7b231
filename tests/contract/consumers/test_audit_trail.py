"""Audit events reach auth's trail once each, over every bus and into every database, even if processes are killed."""

import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import sqlalchemy as sa

from headwater.auth import app, trail
from headwater.auth.database import DATABASE
from headwater.auth.settings import Settings
from headwater.bus.audit_log import outgoing
from headwater.bus.deadletter import waiting
from headwater.bus.embedded import EmbeddedBus
from headwater.bus.kafka import KafkaBus
from headwater.bus.port import Bus, Outgoing
from headwater.contracts.audit import AuditEvent
from headwater.contracts.topics import AUDIT_EVENTS, partitions
from headwater.runtime.hosting.host import prepare
from headwater.runtime.hosting.service import Needs, Service
from headwater.runtime.stop import StopSignal
from tests.patience import LONG, eventually

SERVICE = Service(name="auth", about="The trail alone.", settings=Settings, needs=Needs(bus=True, database=DATABASE))


def event(number: int, run: str) -> AuditEvent:
    return AuditEvent(
        id=f"{run}-{number}",
        at=number,
        actor=f"user:u{number % 5}",
        action="alert_rule.create",
        object=f"alert-rule:{number}",
        outcome="done",
        service="alerting",
        detail={"request": run},
    )


class Reading(NamedTuple):
    """A bus and auth's tables. `run`: distinguishes the events of one test from others on the same bus."""

    bus: Bus
    engine: sa.Engine
    run: str

    def send(self, numbers: range) -> None:
        self.bus.producer().send_all([outgoing(event(number, self.run)) for number in numbers], timeout=60)

    def read_until(self, count: int) -> None:
        """A member of the group reads until the trail holds so many events, and leaves."""
        stop = StopSignal()
        parts = prepare(SERVICE, Settings(batch_records=7), stop=stop)
        parts.add(Bus, self.bus)
        parts.add(sa.Engine, self.engine)
        member = threading.Thread(target=app.create_consumer(parts).run)
        member.start()
        try:
            eventually(lambda: len(self.held()) >= count)
        finally:
            stop.set()
            member.join(LONG)

    def held(self) -> list[int]:
        """The events of this test in the trail, by number; the chain holds."""
        with self.engine.connect() as connection:
            found = trail.read(connection, limit=100_000)
        assert trail.first_broken(found) is None
        return [sealed.event.at for sealed in found if sealed.event.id.startswith(f"{self.run}-")]


class TrailContract:
    """What the trail promises. Subclasses provide `reading`."""

    def test_each_event_stands_once_though_sent_twice_and_read_again(self, reading: Reading) -> None:
        reading.send(range(30))
        reading.read_until(30)
        reading.send(range(20, 60))
        reading.read_until(60)
        assert sorted(reading.held()) == list(range(60))

    def test_what_cannot_be_read_is_a_dead_letter_and_the_rest_goes_on(self, reading: Reading) -> None:
        garbage = f"no event of {reading.run}".encode()
        reading.bus.producer().send_all([Outgoing(AUDIT_EVENTS, b"user:u1", garbage)], timeout=60)
        reading.send(range(10))
        reading.read_until(10)
        dead = eventually(lambda: [e for e in waiting(reading.bus, AUDIT_EVENTS) if e.value == garbage])
        assert [entry.reason[:18] for entry in dead] == ["not an audit event"]


class TestEmbedded(TrailContract):
    @pytest.fixture
    def reading(self, tmp_path: Path) -> Iterator[Reading]:
        bus = EmbeddedBus(tmp_path / "log", fsync=False)
        bus.create_topics(partitions(embedded=True))
        engine = DATABASE.open(f"sqlite:///{tmp_path / 'auth.db'}")
        yield Reading(bus, engine, uuid.uuid4().hex)
        engine.dispose()
        bus.close()


class TestServers(TrailContract):
    @pytest.fixture
    def reading(self, kafka: str, postgres_url: str) -> Iterator[Reading]:
        bus = KafkaBus(kafka, client_id="audit-trail")
        bus.create_topics(partitions(embedded=False))
        schema = f"auth_{uuid.uuid4().hex[:8]}"
        engine = DATABASE.connect(postgres_url, schema=schema)
        DATABASE.migrate(engine, schema=schema)
        yield Reading(bus, engine, uuid.uuid4().hex)
        with engine.begin() as connection:
            connection.execute(sa.text(f"DROP SCHEMA {schema} CASCADE"))
        engine.dispose()
        bus.close()
