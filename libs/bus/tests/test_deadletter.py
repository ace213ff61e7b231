from collections.abc import Iterator
from pathlib import Path

import pytest

from headwater.bus.dead_letter_counts import RESERVE
from headwater.bus.deadletter import DeadLetters, dead_letters, discard, reader, redrive, show, waiting
from headwater.bus.embedded import EmbeddedBus
from headwater.bus.errors import Transient, Unavailable, UnknownTopic
from headwater.bus.port import Outgoing, Record, TopicPartition

SOURCE = TopicPartition("orders", 0)


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[EmbeddedBus]:
    bus = EmbeddedBus(tmp_path, fsync=False)
    bus.create_topics({"orders": 1, "orders.dead": 1})
    yield bus
    bus.close()


def record(offset: int, headers: tuple[tuple[str, bytes], ...] = ()) -> Record:
    return Record(*SOURCE, offset, b"key", b"\xffgarbage %d" % offset, headers, 0)


def dead_letters_store(bus: EmbeddedBus, limit: int = 10, service: str = "writer") -> DeadLetters:
    return DeadLetters(bus.producer(), reader(bus), service=service, limit=limit, clock=lambda: 77)


def test_a_dead_letter_keeps_value_key_and_headers_with_source_and_reason(bus: EmbeddedBus) -> None:
    original = (("event_id", b"e1"), ("reason", b"the sender's own header"))
    dead_letters_store(bus).store([(record(3, original), "not JSON")])
    (entry,) = waiting(bus, "orders")
    assert entry[:8] == (SOURCE, 3, "not JSON", 77, "writer", b"key", b"\xffgarbage 3", original)
    assert show(bus, "orders", entry.id) == entry
    assert show(bus, "orders", "nobody") is None


def test_a_source_offset_is_stored_once_even_after_a_restart(bus: EmbeddedBus) -> None:
    first = dead_letters_store(bus)
    first.store([(record(1), "bad")])
    first.store([(record(1), "bad")])
    dead_letters_store(bus).store([(record(1), "bad"), (record(2), "bad")])
    assert [entry.offset for entry in waiting(bus, "orders")] == [1, 2]
    consumer = bus.consumer(group=None, topics=["orders.dead"])
    assert len(consumer.poll(timeout=0, max_records=10)) == 2
    consumer.close()


def test_services_dead_letter_the_same_record_each_for_itself(bus: EmbeddedBus) -> None:
    dead_letters_store(bus).store([(record(1), "bad")])
    dead_letters_store(bus, service="engine").store([(record(1), "worse")])
    assert [(entry.service, entry.reason) for entry in waiting(bus, "orders")] == [
        ("writer", "bad"),
        ("engine", "worse"),
    ]


def test_past_the_limit_there_is_a_reserve_and_past_that_the_consumer_waits(bus: EmbeddedBus) -> None:
    entries = dead_letters_store(bus, limit=2)
    places = 2 * (1 + RESERVE)
    entries.store([(record(i), "bad") for i in range(places)])
    with pytest.raises(Transient, match=r"dead letters of orders are full.* redrive or discard"):
        entries.store([(record(places), "bad")])
    assert len(waiting(bus, "orders")) == places
    with pytest.raises(Unavailable, match="their reserve"):
        entries.check()


def test_settled_dead_letters_make_room_without_a_restart(bus: EmbeddedBus) -> None:
    entries = dead_letters_store(bus, limit=1)
    entries.store([(record(i), "bad") for i in range(1 + RESERVE)])
    with pytest.raises(Transient):
        entries.store([(record(99), "bad")])
    assert discard(bus, "orders") == 1 + RESERVE
    entries.store([(record(99), "bad")])
    entries.check()
    assert [entry.offset for entry in waiting(bus, "orders")] == [99]


def test_redriven_dead_letters_arrive_unchanged_and_are_settled(bus: EmbeddedBus) -> None:
    original = (("event_id", b"e1"),)
    dead_letters_store(bus).store([(record(5, original), "bad"), (record(6), "bad")])
    first, second = waiting(bus, "orders")
    assert redrive(bus, "orders", ids=[first.id], clock=lambda: 99) == 1
    consumer = bus.consumer(group=None, topics=["orders"])
    (again,) = consumer.poll(timeout=0, max_records=10)
    consumer.close()
    assert (again.key, again.value) == (b"key", b"\xffgarbage 5")
    assert again.headers == (*original, ("redriven", first.id.encode()))
    assert waiting(bus, "orders") == [second]
    settled = show(bus, "orders", first.id)
    assert settled is not None
    assert settled.settled == "redriven"
    assert redrive(bus, "orders") == 1
    assert redrive(bus, "orders") == 0


def test_a_settled_letter_is_not_dead_lettered_again_when_the_log_is_replayed(bus: EmbeddedBus) -> None:
    dead_letters_store(bus).store([(record(5), "bad")])
    redrive(bus, "orders")
    dead_letters_store(bus).store([(record(5), "bad")])
    assert waiting(bus, "orders") == []


class Failing:
    """Services that read one topic and fail on every record of it."""

    def __init__(self, bus: EmbeddedBus, *services: str) -> None:
        self.bus = bus
        self.dead_letters = [dead_letters_store(bus, service=service) for service in services]
        self.next = 0

    def read(self) -> None:
        consumer = self.bus.consumer(group=None, topics=["orders"])
        consumer.seek({SOURCE: self.next})
        found = consumer.poll(timeout=0, max_records=100)
        consumer.close()
        self.next += len(found)
        for store in self.dead_letters:
            store.store([(each, "bad") for each in found])


def test_a_record_that_fails_again_returns_and_does_not_multiply_however_many_services_read_it(
    bus: EmbeddedBus,
) -> None:
    bus.producer().send_all([Outgoing("orders", None, b"bad")], timeout=5)
    services = Failing(bus, "writer", "engine")
    services.read()
    for _ in range(3):
        before = {entry.id for entry in waiting(bus, "orders")}
        assert redrive(bus, "orders") == 2
        services.read()
        after = waiting(bus, "orders")
        assert sorted(entry.service for entry in after) == ["engine", "writer"]
        assert before.isdisjoint(entry.id for entry in after)
        assert {entry.origin for entry in after} == {"writer:orders:0:0", "engine:orders:0:0"}


def test_a_redrive_that_was_cut_off_before_it_settled_sends_a_record_once_more_and_no_oftener(
    bus: EmbeddedBus,
) -> None:
    bus.producer().send_all([Outgoing("orders", None, b"bad")], timeout=5)
    services = Failing(bus, "writer")
    services.read()
    [first] = waiting(bus, "orders")
    bus.producer().send_all([Outgoing("orders", None, b"bad", (("redriven", first.id.encode()),))], timeout=5)
    services.read()
    assert len(waiting(bus, "orders")) == 2
    redrive(bus, "orders")
    services.read()
    assert len(waiting(bus, "orders")) == 1


def test_a_missing_dead_letter_topic_is_named(bus: EmbeddedBus) -> None:
    bus.create_topics({"lonely": 1})
    with pytest.raises(UnknownTopic, match=r"lonely\.dead"):
        dead_letters(bus, service="writer").store([(record(1)._replace(topic="lonely"), "bad")])


def test_long_reasons_are_cut(bus: EmbeddedBus) -> None:
    dead_letters_store(bus).store([(record(1), "x" * 5000)])
    assert len(waiting(bus, "orders")[0].reason) == 1000
