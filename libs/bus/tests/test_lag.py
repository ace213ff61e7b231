from collections.abc import Iterator
from pathlib import Path

import pytest

from headwater.bus.embedded import EmbeddedBus
from headwater.bus.errors import Unavailable
from headwater.bus.lag import LagMeter
from headwater.bus.port import Outgoing, TopicPartition
from tests.patience import LONG

SECOND = 1_000_000
READ, QUIET = TopicPartition("read", 0), TopicPartition("quiet", 0)


class Shown:
    def __init__(self) -> None:
        self.lags: dict[TopicPartition, int] = {}
        self.ages: dict[str, float] = {}

    def lag(self, source: TopicPartition, records: int) -> None:
        self.lags[source] = records

    def oldest(self, topic: str, seconds: float) -> None:
        self.ages[topic] = seconds


class LagBench:
    """A log, a clock that is moved by hand, and a meter of the group `readers`."""

    def __init__(self, directory: Path) -> None:
        self.now = 1_000 * SECOND
        self.bus = EmbeddedBus(directory, clock=lambda: self.now, fsync=False)
        self.bus.create_topics({"read": 1, "quiet": 1})
        self.shown = Shown()
        self.meter = LagMeter(self.bus, self.shown, group="readers", topics=["read", "quiet"], clock=lambda: self.now)

    def append(self, records: int = 1) -> None:
        self.bus.producer().send_all([Outgoing("read", b"k", b"v")] * records, timeout=LONG)

    def measure(self, *, after: int = 0) -> tuple[int, float]:
        """Lag and age of `read`, some seconds later."""
        self.now += after * SECOND
        self.meter.measure()
        return self.shown.lags[READ], self.shown.ages["read"]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[LagBench]:
    made = LagBench(tmp_path / "bus")
    yield made
    made.meter.close()
    made.bus.close()


def test_lag_and_age_grow_while_the_one_member_of_the_group_is_stuck(bench: LagBench) -> None:
    stuck = bench.bus.consumer(group="readers", topics=["read", "quiet"])
    assert bench.measure() == (0, 0.0)
    bench.append(3)
    assert len(stuck.poll(timeout=0, max_records=10)) == 3  # taken, and never committed
    assert bench.measure(after=10) == (3, 10.0)
    bench.append(2)
    assert bench.measure(after=20) == (5, 30.0)
    assert (bench.shown.lags[QUIET], bench.shown.ages["quiet"]) == (0, 0.0)
    stuck.close()


def test_they_are_measured_before_the_group_has_any_member(bench: LagBench) -> None:
    bench.append()
    assert bench.measure(after=7) == (1, 7.0)


def test_the_age_is_that_of_the_oldest_record_that_was_not_committed(bench: LagBench) -> None:
    consumer = bench.bus.consumer(group="readers", topics=["read", "quiet"])
    bench.append()
    bench.now += 5 * SECOND
    bench.append()
    assert bench.measure() == (2, 5.0)
    consumer.commit({READ: 1})
    assert bench.measure(after=1) == (1, 1.0)
    consumer.commit({READ: 2})
    assert bench.measure(after=1) == (0, 0.0)
    consumer.close()


def test_what_was_trimmed_away_waits_no_longer(bench: LagBench) -> None:
    bench.append(2)
    bench.now += 5 * SECOND
    bench.append()
    assert bench.bus.trim("read", before=bench.now) == 2
    assert bench.measure(after=1) == (1, 1.0)


def test_pending_records_keep_ageing_while_the_bus_is_down(bench: LagBench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.append()
    assert bench.measure(after=1) == (1, 1.0)
    with monkeypatch.context() as away:
        away.setattr("headwater.bus.embedded_progress.EmbeddedProgress.spans", refuse)
        assert bench.measure(after=2) == (1, 3.0)
        assert bench.measure(after=2) == (1, 5.0)
    bench.append()
    assert bench.measure() == (2, 5.0)


def refuse(*_: object) -> None:
    raise Unavailable("away")


def test_nothing_is_reported_before_the_first_check(bench: LagBench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench.bus, "progress", lambda **_: refuse())
    bench.meter.measure()
    assert (bench.shown.lags, bench.shown.ages) == ({}, {})


def test_a_record_that_waits_is_looked_up_once(bench: LagBench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.append()
    bench.measure()
    monkeypatch.setattr("headwater.bus.embedded_progress.EmbeddedProgress.arrivals", refuse)
    assert bench.measure(after=3) == (1, 3.0)
