"""The engine on an embedded log: from appended events to results on the bus, across restarts and bad records."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from headwater.bus.deadletter import waiting
from headwater.bus.embedded import EmbeddedBus
from headwater.bus.errors import Unavailable
from headwater.bus.port import Outgoing
from headwater.bus.topics import create_all
from headwater.metrics_engine.app import create_consumer
from headwater.metrics_engine.engine import RELAY_PERIOD, Engine
from headwater.metrics_engine.service import SERVICE
from headwater.metrics_engine.settings import Settings
from headwater.runtime.telemetry import series as telemetry
from headwater.runtime.telemetry.series import Telemetry
from tests.hosting import hosted
from tests.patience import LONG


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[EmbeddedBus]:
    bus = EmbeddedBus(tmp_path / "log", fsync=False)
    create_all(bus, embedded=True)
    yield bus
    bus.close()


Append = Callable[..., None]


@pytest.fixture
def append(bus: EmbeddedBus) -> Append:
    producer = bus.producer()

    def send(*values: Any) -> None:
        topics = ["model.events" if isinstance(v, dict) and "action" in v else "prediction.events" for v in values]
        bodies = [v if isinstance(v, bytes) else json.dumps(v).encode() for v in values]
        producer.send_all([Outgoing(t, b"k", b) for t, b in zip(topics, bodies, strict=True)], timeout=LONG)

    return send


@pytest.fixture
def metrics() -> Telemetry:
    return Telemetry("metrics-engine")


@pytest.fixture
def start(bus: EmbeddedBus, engine: sa.Engine, metrics: Telemetry) -> Iterator[Callable[[], Engine]]:
    """Starts an engine process in place of the previous one."""
    running: list[Engine] = []

    def started() -> Engine:
        if running:
            running.pop()._consumer.close()
        settings = Settings(revision_seconds=0.0)
        running.append(create_consumer(hosted(SERVICE, settings, bus=bus, engine=engine, registry=metrics.registry)))
        return running[0]

    yield started
    for last in running:
        last._consumer.close()


def settle(engine: Engine) -> None:
    """Step until nothing changes any more."""
    quiet = 0
    while quiet < 3:
        quiet = 0 if engine.step() else quiet + 1


def published(bus: EmbeddedBus, topic: str = "metric.results") -> list[tuple[dict[str, bytes], dict[str, Any]]]:
    consumer = bus.consumer(group=None, topics=[topic])
    try:
        records = consumer.poll(timeout=1.0, max_records=1000)
    finally:
        consumer.close()
    return [(dict(record.headers), json.loads(record.value)) for record in records]


def test_events_on_the_bus_become_results_on_the_bus(
    bus: EmbeddedBus, append: Append, start: Callable[[], Engine], say: Any, metrics: Telemetry
) -> None:
    append(say.registered(), say.prediction("p1", output={"namespace": "db", "name": "t"}), say.label("p1"))
    settle(start())
    headers, result = published(bus)[-1]
    assert headers["event_id"].decode() == result["id"]
    assert {v["metric"]: v["value"] for v in result["results"]}["accuracy"] == 1.0
    [(_, output)] = published(bus, "model.outputs")
    assert (output["version"], output["output"]) == ("1", {"namespace": "db", "name": "t"})
    shown = metrics.render().decode()
    assert f'{telemetry.PREDICTIONS.name}{{result="taken",service="metrics-engine"}} 1.0' in shown
    assert f'{telemetry.OUTBOX_PENDING.name}{{service="metrics-engine"}} 0.0' in shown


def test_a_restarted_engine_continues_at_the_offsets_of_the_store(
    bus: EmbeddedBus, append: Append, start: Callable[[], Engine], say: Any
) -> None:
    append(say.registered(), say.prediction("p1"))
    settle(start())
    append(say.label("p1"))
    settle(start())
    results = published(bus)
    assert [r["revision"] for _, r in results] == [1, 2]


def test_a_bad_record_is_dead_lettered_with_its_reason_and_the_next_is_handled(
    bus: EmbeddedBus, append: Append, start: Callable[[], Engine], say: Any
) -> None:
    append(b"\x00not json", say.registered(), say.prediction("p1"))
    settle(start())
    [entry] = waiting(bus, "prediction.events")
    assert entry.value == b"\x00not json"
    assert "prediction.events" in entry.reason
    assert len(published(bus)) == 1


def test_messages_wait_in_the_outbox_while_the_bus_refuses(
    bus: EmbeddedBus, append: Append, start: Callable[[], Engine], say: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = start()
    append(say.registered(), say.prediction("p1"))

    def refuse(*_: Any, **__: Any) -> None:
        raise Unavailable("full", retry_after=0.0)

    monkeypatch.setattr(engine._producer, "send_all", refuse)
    settle(engine)
    assert published(bus) == []
    monkeypatch.undo()
    settle(engine)
    assert len(published(bus)) == 1


def test_an_idle_engine_reads_its_outbox_once_a_second(
    start: Callable[[], Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, now, reads = start(), [10 * RELAY_PERIOD], list[int]()

    def read_pending(limit: int) -> list[Any]:
        reads.append(limit)
        return []

    monkeypatch.setattr(engine, "_clock", lambda: now[0])
    monkeypatch.setattr(engine._relay, "_read_pending", read_pending)
    for moment, read in ((0, 1), (0, 1), (RELAY_PERIOD // 2, 1), (RELAY_PERIOD, 2), (0, 2), (-5 * RELAY_PERIOD, 3)):
        now[0] += moment
        engine.step()
        assert len(reads) == read
