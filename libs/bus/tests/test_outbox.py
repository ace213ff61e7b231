import threading
from collections.abc import Sequence

import pytest

from headwater.bus.errors import Fatal, RecordTooLarge, Unavailable
from headwater.bus.outbox import OutboxRelay, OutboxRow
from headwater.bus.port import Outgoing, Position

from .keeping_producer import KeepingProducer


class Table:
    """Rows in order, as a store keeps them."""

    def __init__(self, *ids: str) -> None:
        self.rows = [OutboxRow(name, "alert.events", b"k", name.encode()) for name in ids]

    def pending(self, limit: int) -> list[OutboxRow]:
        return self.rows[:limit]

    def mark(self, ids: Sequence[str]) -> None:
        self.rows = [row for row in self.rows if row.id not in ids]


def test_rows_go_out_in_order_with_their_id_and_are_marked() -> None:
    table, producer = Table("a", "b", "c"), KeepingProducer()
    relay = OutboxRelay(table.pending, table.mark, producer, batch=2, clock=lambda: 5)
    assert [relay.relay(), relay.relay(), relay.relay()] == [2, 1, 0]
    assert producer.sent[0] == Outgoing("alert.events", b"k", b"a", (("event_id", b"a"), ("received_at", b"5")))
    assert [record.value for record in producer.sent] == [b"a", b"b", b"c"]
    assert table.rows == []


def test_unsent_messages_stay_in_the_outbox() -> None:
    table, producer = Table("a"), KeepingProducer()
    producer.failures = 1
    relay = OutboxRelay(table.pending, table.mark, producer)
    with pytest.raises(Unavailable):
        relay.relay()
    assert len(table.rows) == 1
    assert relay.relay() == 1


def test_a_crash_before_the_mark_sends_the_row_again_under_the_same_id() -> None:
    table, producer = Table("a"), KeepingProducer()

    def crash(ids: Sequence[str]) -> None:
        raise RuntimeError("killed")

    with pytest.raises(RuntimeError):
        OutboxRelay(table.pending, crash, producer).relay()
    OutboxRelay(table.pending, table.mark, producer).relay()
    assert [dict(record.headers)["event_id"] for record in producer.sent] == [b"a", b"a"]


def test_a_message_that_no_topic_takes_is_fatal() -> None:
    class Refusing(KeepingProducer):
        def send_all(self, records: Sequence[Outgoing], *, timeout: float) -> list[Position]:
            raise RecordTooLarge("17 MB")

    table = Table("a")
    with pytest.raises(Fatal, match="17 MB"):
        OutboxRelay(table.pending, table.mark, Refusing()).relay()


def test_the_running_relay_repeats_what_failed_and_ends_at_the_signal() -> None:
    table, producer, stop = Table("a", "b"), KeepingProducer(), threading.Event()
    producer.failures = 2

    def mark(ids: Sequence[str]) -> None:
        table.mark(ids)
        stop.set()

    relay = OutboxRelay(table.pending, mark, producer, stop=stop)
    thread = threading.Thread(target=relay.run, kwargs={"period": 0.001})
    thread.start()
    thread.join(30)
    assert not thread.is_alive()
    assert [record.value for record in producer.sent] == [b"a", b"b"]
