from collections.abc import Iterator

import pytest

from headwater.bus.errors import Unavailable
from headwater.bus.kafka import KafkaBus
from headwater.bus.port import Outgoing, Record
from tests.contract.bus.contract import BusContract, group, new_topic, topic
from tests.contract.bus.reading import join, until

__all__ = ["group", "topic"]


class TestKafkaBus(BusContract):
    pytestmark = pytest.mark.servers
    connect = "headwater.bus.kafka:KafkaBus"

    @pytest.fixture
    def bus(self, kafka: str) -> Iterator[KafkaBus]:
        bus = KafkaBus(kafka, client_id="contract")
        yield bus
        bus.close()

    @pytest.fixture
    def address(self, kafka: str) -> str:
        return kafka

    def test_a_second_member_takes_its_share_and_gives_it_back(self, bus: KafkaBus, group: str) -> None:
        topic = new_topic(bus, 4)
        first = bus.consumer(group=group, topics=[topic])
        join(first)
        assert len(first.assigned()) == 4
        second = bus.consumer(group=group, topics=[topic])

        def poll_both() -> None:
            first.poll(timeout=0.05, max_records=10)
            second.poll(timeout=0.05, max_records=10)

        until(lambda: (len(first.assigned()), len(second.assigned())) == (2, 2), poll_both)
        assert first.assigned().isdisjoint(second.assigned())
        second.close()
        until(lambda: len(first.assigned()) == 4, lambda: first.poll(timeout=0.05, max_records=10))
        first.close()

    def test_every_record_is_read_while_members_come_and_go(self, bus: KafkaBus, group: str) -> None:
        topic = new_topic(bus, 4)
        producer = bus.producer()
        seen: set[bytes] = set()
        members = [bus.consumer(group=group, topics=[topic])]

        def turn() -> None:
            for member in members:
                records = member.poll(timeout=0.02, max_records=50)
                seen.update(record.value for record in records)
                member.commit({r.source: r.offset + 1 for r in records})

        sent: set[bytes] = set()
        for i in range(60):
            batch = [Outgoing(topic, b"key-%d" % (i * 10 + j), b"%d" % (i * 10 + j)) for j in range(10)]
            producer.send_all(batch, timeout=30)
            sent.update(record.value for record in batch)
            if i == 20:
                members.append(bus.consumer(group=group, topics=[topic]))
            if i == 40:
                members.pop(0).close()
            turn()
        until(lambda: seen == sent, turn)
        members[0].close()

    def test_a_member_that_kept_its_partitions_through_a_rebalance_reads_on_without_a_jump(
        self, bus: KafkaBus, group: str
    ) -> None:
        topic = new_topic(bus, 2)
        first = bus.consumer(group=group, topics=[topic])
        join(first)
        second = bus.consumer(group=group, topics=[topic])
        records: list[Record] = []

        def turn() -> None:
            records.extend(first.poll(timeout=0.05, max_records=50))
            second.poll(timeout=0.05, max_records=50)

        until(lambda: len(first.assigned()) == 1 and len(second.assigned()) == 1, turn)
        (kept,) = first.assigned()
        placed = bus.producer().send_all([Outgoing(topic, b"%d" % i, b"v") for i in range(40)], timeout=30)
        expected = [p.offset for p in placed if p.partition == kept.partition]
        until(lambda: len(records) >= len(expected), turn)
        assert [record.offset for record in records] == expected
        first.close()
        second.close()


@pytest.mark.loopback
def test_a_broker_that_is_away_is_unavailable_and_the_second_caller_is_not_kept_waiting() -> None:
    bus = KafkaBus("127.0.0.1:9", client_id="contract")
    with pytest.raises(Unavailable):
        bus.check()
    with pytest.raises(Unavailable):
        bus.producer().send(Outgoing("lineage.events", b"k", b"v")).result(0)
    with pytest.raises(Unavailable):
        bus.consumer(group="g", topics=["lineage.events"]).poll(timeout=0.1, max_records=1)
    bus.close()
