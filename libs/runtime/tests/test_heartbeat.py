"""Workers that are stuck make a program not ready."""

import pytest

from headwater.runtime.hosting.heartbeat import Heartbeats


class Monotonic:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def monotonic() -> Monotonic:
    return Monotonic()


def test_moving_workers_are_healthy(monotonic: Monotonic) -> None:
    beats = Heartbeats(limit=10, monotonic=monotonic)
    loop, relay = beats.of("loop"), beats.of("relay")
    monotonic.now += 9
    loop()
    relay()
    monotonic.now += 10
    beats.check()
    assert beats.ages() == {"loop": 10, "relay": 10}


def test_a_worker_that_does_not_move_is_named_with_the_time(monotonic: Monotonic) -> None:
    beats = Heartbeats(limit=10, monotonic=monotonic)
    beats.of("relay")
    loop = beats.of("loop")
    monotonic.now += 10.5
    loop()
    with pytest.raises(ConnectionError, match=r"^relay has not moved for 10 s$"):
        beats.check()


def test_a_worker_that_never_moved_counts_from_its_start(monotonic: Monotonic) -> None:
    beats = Heartbeats(limit=10, monotonic=monotonic)
    beats.of("loop")
    monotonic.now += 11
    with pytest.raises(ConnectionError, match="loop"):
        beats.check()


def test_a_worker_that_ended_is_not_stuck(monotonic: Monotonic) -> None:
    beats = Heartbeats(limit=10, monotonic=monotonic)
    beats.of("notifier")
    beats.ended("notifier")
    monotonic.now += 100
    beats.check()
    assert beats.ages() == {}
