import threading
from collections.abc import Iterator

import pytest

from headwater.bus.errors import Unavailable
from headwater.bus.kafka import KafkaBus
from headwater.bus.kafka_library import ConfigResource, ConfigResourceType, KafkaAdminClient
from headwater.bus.port import Outgoing, Record, TopicPartition
from headwater.bus.topics import create_all, retention_ms
from headwater.contracts.topics import partitions
from tests.contract.bus.contract import BusContract, group, new_topic, topic
from tests.contract.bus.reading import until

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
        with Member(bus, group, topic) as first:
            first.wait_for_partitions(4)
            with Member(bus, group, topic) as second:
                second.wait_for_partitions(2)
                first.wait_for_partitions(2)
                assert first.assigned.isdisjoint(second.assigned)
            first.wait_for_partitions(4)

    def test_every_record_is_read_while_members_come_and_go(self, bus: KafkaBus, group: str) -> None:
        topic = new_topic(bus, 4)
        sent: set[bytes] = set()

        def send_some() -> None:
            batch = [Outgoing(topic, b"key-%d" % i, b"%d" % (len(sent) + i)) for i in range(50)]
            bus.producer().send_all(batch, timeout=30)
            sent.update(record.value for record in batch)

        with Member(bus, group, topic) as first:
            first.wait_for_partitions(4)
            send_some()
            with Member(bus, group, topic) as second:
                send_some()
                second.wait_for_partitions(2)
                send_some()
                first.wait_for_partitions(2)
                first.leave()
                send_some()
                second.wait_for_partitions(4)
                send_some()
                until(lambda: first.values() | second.values() == sent, lambda: second.turned.wait(1))

    def test_a_partition_kept_through_a_rebalance_reads_on_without_a_jump(self, bus: KafkaBus, group: str) -> None:
        topic = new_topic(bus, 2)
        with Member(bus, group, topic) as first, Member(bus, group, topic) as second:
            first.wait_for_partitions(1)
            second.wait_for_partitions(1)
            (kept,) = first.assigned
            placed = bus.producer().send_all([Outgoing(topic, b"%d" % i, b"v") for i in range(40)], timeout=30)
            expected = [p.offset for p in placed if p.partition == kept.partition]
            until(lambda: len(first.records) >= len(expected), lambda: first.turned.wait(1))
            assert [record.offset for record in first.records] == expected


class Member:
    """A member of a group on a separate thread: kafka-python joins a group only while it is being polled."""

    def __init__(self, bus: KafkaBus, group: str, topic: str) -> None:
        self._consumer = bus.consumer(group=group, topics=[topic])
        self._left = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.turned = threading.Event()
        self.records: list[Record] = []
        self.assigned: frozenset[TopicPartition] = frozenset()

    def __enter__(self) -> "Member":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()

    def leave(self) -> None:
        self._left.set()
        self._thread.join()

    def wait_for_partitions(self, count: int) -> None:
        until(lambda: len(self.assigned) == count, lambda: self.turned.wait(1))

    def values(self) -> set[bytes]:
        return {record.value for record in self.records}

    def _run(self) -> None:
        while not self._left.is_set():
            records = self._consumer.poll(timeout=0.1, max_records=50)
            self._consumer.commit({record.source: record.offset + 1 for record in records})
            self.records += records
            self.assigned = self._consumer.assigned()
            self.turned.set()
            self.turned.clear()
        self._consumer.close()


def test_a_broker_that_is_away_is_unavailable_and_the_second_caller_is_not_kept_waiting() -> None:
    threads = threading.active_count()
    bus = KafkaBus("127.0.0.1:9", client_id="contract")
    with pytest.raises(Unavailable):
        bus.check()
    with pytest.raises(Unavailable):
        bus.producer().send(Outgoing("lineage.events", b"k", b"v")).result(0)
    with pytest.raises(Unavailable):
        bus.consumer(group="g", topics=["lineage.events"]).poll(timeout=0.1, max_records=1)
    bus.close()
    assert threading.active_count() == threads


@pytest.mark.servers
def test_the_brokers_keep_records_as_long_as_stated_in_topics_made_before_too(kafka: str) -> None:
    bus = KafkaBus(kafka, client_id="contract")
    create_all(bus, embedded=False)
    admin = KafkaAdminClient(bootstrap_servers=kafka)
    topics = [ConfigResource(ConfigResourceType.TOPIC, name, configs=None) for name in partitions(embedded=False)]
    changed = [ConfigResource(ConfigResourceType.TOPIC, "alert.events", configs={"retention.ms": "-1"})]
    admin.alter_configs(changed)
    create_all(bus, embedded=False)
    found = admin.describe_configs(topics)["topic"]
    admin.close()
    bus.close()
    kept = {name: int(settings["retention.ms"]["value"]) for name, settings in found.items()}
    assert kept == {name: retention_ms(name) for name in partitions(embedded=False)}
