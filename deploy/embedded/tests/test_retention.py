"""The embedded log keeps records as long as the list of topics specifies."""

from pathlib import Path

import pytest

from headwater.bus import embedded
from headwater.bus.embedded import EmbeddedBus
from headwater.bus.port import Outgoing
from headwater.bus.topics import create_all
from headwater.contracts.topics import TOPICS
from headwater.embedded.retention import FIRST_SECONDS, keep_trimming, trim
from headwater.runtime.stop import StopSignal
from headwater.runtime.telemetry.series import Telemetry

DAY = 86_400_000_000
COUNT = 10
KEPT_FOR_EVER = {"lineage.events", "lineage.edits", "model.events", "model.outputs"}
NAMES = sorted(topic.name for topic in TOPICS if topic.scope == "internal")


class Clock:
    now = 20_000 * DAY

    def __call__(self) -> int:
        return self.now


def left(bus: EmbeddedBus, topic: str) -> int:
    consumer = bus.consumer(group=None, topics=[topic])
    try:
        return len(consumer.poll(timeout=0, max_records=1_000))
    finally:
        consumer.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def bus(tmp_path: Path, clock: Clock) -> "EmbeddedBus":
    bus = EmbeddedBus(tmp_path, clock=clock, fsync=False)
    create_all(bus, embedded=True)
    for name in NAMES:
        sent = [Outgoing(topic, None, b"%d" % i) for i in range(COUNT) for topic in (name, f"{name}.dead")]
        bus.producer().send_all(sent, timeout=30)
    return bus


def test_expired_records_are_deleted_and_the_source_of_the_graph_stays(bus: EmbeddedBus, clock: Clock) -> None:
    assert trim(bus, now=clock() + DAY - 1) == 0
    trim(bus, now=clock() + 399 * DAY)
    assert {name for name in NAMES if left(bus, name) == COUNT} == KEPT_FOR_EVER | {"alert.events", "audit.events"}
    assert all(left(bus, f"{name}.dead") == COUNT for name in NAMES)
    trim(bus, now=clock() + 401 * DAY)
    assert {name for name in NAMES if left(bus, name) == COUNT} == KEPT_FOR_EVER
    assert all(left(bus, f"{name}.dead") == 1 for name in NAMES), "the newest record marks the end of the log"
    bus.close()


def test_a_long_topic_is_trimmed_in_steps(bus: EmbeddedBus, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "TRIM_STEP", 3)
    assert bus.trim("graph.changes", before=clock() + 1) == COUNT - 1
    bus.close()


def test_a_topic_that_is_damaged_does_not_hinder_the_others(bus: EmbeddedBus, clock: Clock, tmp_path: Path) -> None:
    bus.close()
    (tmp_path / "alert.events.db").write_bytes(b"")
    bus = EmbeddedBus(tmp_path, clock=clock, fsync=False)
    trim(bus, now=clock() + 500 * DAY)
    assert left(bus, "prediction.events") == 1
    bus.close()


def test_it_ends_with_the_product(bus: EmbeddedBus, clock: Clock) -> None:
    stop = StopSignal()
    stop.set()
    keep_trimming(bus, stop, Telemetry("workers"), clock=lambda: clock() + 500 * DAY)
    assert all(left(bus, name) == COUNT for name in NAMES)
    bus.close()


def test_it_runs_soon_after_the_start_and_is_counted(bus: EmbeddedBus, clock: Clock) -> None:
    waited: list[float | None] = []

    class AfterOneRun(StopSignal):
        def wait(self, timeout: float | None = None) -> bool:
            waited.append(timeout)
            if len(waited) == 2:
                self.set()
            return self.is_set()

    metrics = Telemetry("workers")
    keep_trimming(bus, AfterOneRun(), metrics, clock=lambda: clock() + 500 * DAY)
    assert waited[0] == FIRST_SECONDS
    assert left(bus, "prediction.events") == 1
    counted = 'headwater_periodic_runs_total{result="ok",service="workers",task="trim_log"} 1.0'
    assert counted in metrics.render().decode()
    bus.close()
