"""The log waits in turns without blocking their thread."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path

import pytest

from headwater.bus.errors import Unavailable
from headwater.bus.port import Outgoing, Position
from headwater.embedded.turn_bus import TurnBus, TurnProducer
from headwater.runtime.turns import Turns
from tests.patience import LONG

TOPIC = "lineage.events"
EVENTS = [Outgoing(TOPIC, b"key", b"1"), Outgoing(TOPIC, b"key", b"2")]


class _Stuck:
    """A producer whose disk never answers."""

    def send(self, record: Outgoing) -> "Future[Position]":
        return Future()

    def send_all(self, records: Sequence[Outgoing], *, timeout: float) -> list[Position]:
        raise AssertionError("it would block")

    def close(self) -> None: ...


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[TurnBus]:
    made = TurnBus(tmp_path / "bus", fsync=False)
    made.create_topics({TOPIC: 1})
    yield made
    made.close()


def test_records_sent_in_a_turn_and_outside_lie_in_the_order_of_sending(bus: TurnBus) -> None:
    turns, producer = Turns(lambda: None, at_once=8), bus.producer()
    found: list[Position] = []
    turns.add(lambda: found.extend(producer.send_all(EVENTS, timeout=LONG)))
    turns.take()
    after = producer.send_all(EVENTS, timeout=LONG)
    turns.take()
    assert [position.offset for position in found + after] == [0, 1, 2, 3]


def test_a_turn_that_waits_too_long_hears_that_the_log_is_unavailable() -> None:
    turns, refused = Turns(lambda: None, at_once=8), list[str]()

    def turn() -> None:
        try:
            TurnProducer(_Stuck()).send_all(EVENTS, timeout=0)
        except Unavailable as error:
            refused.append(str(error))

    turns.add(turn)
    turns.take()
    turns.take()
    assert refused == ["not on disk after 0 s"]
