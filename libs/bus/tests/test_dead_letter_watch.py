from collections.abc import Iterator
from pathlib import Path

import pytest

from headwater.bus.dead_letter_counts import RESERVE
from headwater.bus.dead_letter_watch import DeadLetterWatch
from headwater.bus.deadletter import DeadLetters, discard, reader, redrive, waiting
from headwater.bus.embedded import EmbeddedBus
from headwater.bus.errors import Unavailable, UnknownTopic
from headwater.bus.port import Record

LIMIT = 3


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[EmbeddedBus]:
    bus = EmbeddedBus(tmp_path, fsync=False)
    bus.create_topics(dict.fromkeys(("orders", "orders.dead", "returns", "returns.dead"), 1))
    yield bus
    bus.close()


class Watching:
    """A watch, and its last report on each topic."""

    def __init__(self, bus: EmbeddedBus) -> None:
        self.reported: dict[str, int] = {}
        self.watch = DeadLetterWatch(bus, ("orders", "returns"), limit=LIMIT, report=self.reported.__setitem__)

    def full(self) -> bool:
        self.watch.step()
        return self.watch.full("orders")


@pytest.fixture
def watching(bus: EmbeddedBus) -> Iterator[Watching]:
    watching = Watching(bus)
    yield watching
    watching.watch.close()


def fail(bus: EmbeddedBus, *offsets: int, service: str = "writer") -> None:
    entries = DeadLetters(bus.producer(), reader(bus), service=service, limit=100)
    entries.store([(Record("orders", 0, offset, None, b"bad", (), 0), "bad") for offset in offsets])


def test_a_topic_is_full_at_the_limit_and_no_other_is(bus: EmbeddedBus, watching: Watching) -> None:
    assert watching.reported == {"orders": 0, "returns": 0}
    fail(bus, 0, 1)
    assert not watching.full()
    assert watching.watch.check() is None
    fail(bus, 2)
    assert watching.full()
    assert not watching.watch.full("returns")
    assert watching.reported == {"orders": 3, "returns": 0}
    assert (watching.watch.check() or "").startswith("dead letters of orders are full: see headwater dead-letters")


def test_each_service_has_the_limit_for_itself(bus: EmbeddedBus, watching: Watching) -> None:
    fail(bus, 0, 1)
    fail(bus, 0, 1, service="engine")
    assert not watching.full()
    assert watching.reported["orders"] == 4


@pytest.mark.parametrize("settle", [redrive, discard])
def test_settled_letters_open_the_topic_again(bus: EmbeddedBus, watching: Watching, settle: object) -> None:
    fail(bus, 0, 1, 2)
    assert watching.full()
    assert settle(bus, "orders", ids=[waiting(bus, "orders")[0].id]) == 1  # type: ignore[operator]
    assert not watching.full()
    assert watching.watch.check() is None


def test_a_letter_that_came_twice_counts_once_and_so_does_its_settlement(bus: EmbeddedBus, watching: Watching) -> None:
    again = Record("orders", 0, 7, None, b"bad", (), 0)
    entries = DeadLetters(bus.producer(), reader(bus), service="writer", limit=100)
    bus.producer().send_all([entries._letter(again, "bad", 0)] * 3, timeout=5)
    assert not watching.full()
    assert watching.reported["orders"] == 1
    discard(bus, "orders")
    discard(bus, "orders")
    watching.watch.step()
    assert watching.reported["orders"] == 0


def test_a_reserve_that_is_used_up_is_more_than_a_note(bus: EmbeddedBus, watching: Watching) -> None:
    fail(bus, *range(LIMIT * (1 + RESERVE)))
    assert watching.full()
    with pytest.raises(Unavailable, match="their consumer waits"):
        watching.watch.check()


class Never:
    """Stops after some waits."""

    def __init__(self, waits: int) -> None:
        self.left = waits

    def is_set(self) -> bool:
        return self.left <= 0

    def wait(self, timeout: float) -> bool:
        self.left -= 1
        return self.is_set()


def test_topics_that_are_not_there_yet_are_waited_for_and_readiness_says_so(bus: EmbeddedBus) -> None:
    watch = DeadLetterWatch(bus, ("nowhere",), limit=1)
    watch.run(Never(2))
    assert "nowhere.dead" in (watch.check() or "")
    with pytest.raises(UnknownTopic):
        watch.step()
