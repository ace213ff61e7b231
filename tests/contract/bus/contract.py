"""What any bus promises. Subclasses provide `bus` and `connect`; nothing here knows Kafka or SQLite."""

import json
import subprocess
import sys
import threading
import uuid
from pathlib import Path

import pytest

from headwater.bus.dead_letter_counts import RESERVE
from headwater.bus.dead_letter_watch import DeadLetterWatch
from headwater.bus.deadletter import dead_letters, discard, redrive, waiting
from headwater.bus.errors import RecordTooLarge, Transient, UnknownTopic
from headwater.bus.port import MESSAGE_LIMIT, Bus, Outgoing, Position, Record, Span, TopicPartition
from tests.contract.bus.reading import DEADLINE, join, nothing_comes, read, send, until
from tests.patience import LONG

WAIT = LONG


@pytest.fixture
def topic(bus: Bus) -> str:
    """A topic of one partition that nobody else uses."""
    return new_topic(bus, 1)


@pytest.fixture
def group() -> str:
    return f"group-{uuid.uuid4().hex}"


def new_topic(bus: Bus, partitions: int) -> str:
    name = f"test.{uuid.uuid4().hex}"
    assert bus.create_topics({name: partitions}) == [name]
    return name


def values(records: list[Record]) -> list[bytes]:
    return [record.value for record in records]


class BusContract:
    connect: str
    """How a child process connects: `module:Class`, called with the argument that `address` gives."""

    @pytest.fixture
    def address(self) -> str:
        raise NotImplementedError

    def test_offsets_increase_from_zero_without_gaps(self, bus: Bus, topic: str) -> None:
        positions = send(bus.producer(), topic, *(b"%d" % i for i in range(20)))
        assert positions == [Position(topic, 0, i) for i in range(20)]

    def test_a_record_arrives_as_it_was_sent(self, bus: Bus, topic: str, group: str) -> None:
        headers = (("received_at", b"17"), ("received_at", b"18"), ("ünï", b"\x00\xff"))
        bus.producer().send(Outgoing(topic, b"\x00key", b"\xffvalue", headers)).result(WAIT)
        bus.producer().send(Outgoing(topic, None, b"")).result(WAIT)
        consumer = bus.consumer(group=group, topics=[topic])
        first, second = read(consumer, 2)
        consumer.close()
        assert first[:6] == (topic, 0, 0, b"\x00key", b"\xffvalue", headers)
        assert second[:6] == (topic, 0, 1, None, b"", ())
        assert first.timestamp > 1_600_000_000_000_000

    def test_many_are_sent_in_the_order_given_even_over_several_topics(self, bus: Bus, topic: str) -> None:
        other = new_topic(bus, 1)
        records = [Outgoing(topic if i % 3 else other, b"k", b"%d" % i) for i in range(30)]
        positions = bus.producer().send_all(records, timeout=WAIT)
        assert [p.topic for p in positions] == [r.topic for r in records]
        for name in (topic, other):
            assert [p.offset for p in positions if p.topic == name] == list(
                range(sum(r.topic == name for r in records))
            )

    def test_records_of_one_key_stay_in_one_partition_and_in_order(self, bus: Bus, group: str) -> None:
        topic = new_topic(bus, 4)
        sent = [Outgoing(topic, b"key-%d" % (i % 7), b"%d" % i) for i in range(210)]
        bus.producer().send_all(sent, timeout=WAIT)
        consumer = bus.consumer(group=group, topics=[topic])
        records = read(consumer, 210)
        consumer.close()
        for key in {record.key for record in sent}:
            mine = [record for record in records if record.key == key]
            assert values(mine) == [record.value for record in sent if record.key == key]
            assert len({record.partition for record in mine}) == 1

    def test_a_key_lands_on_the_partition_that_every_kafka_client_chooses(self, bus: Bus) -> None:
        topic = new_topic(bus, 4)
        keys = [b"", b"a", b"ab", b"abc", b"abcd", b"namespace\0name", b"\xff" * 33]
        placed = bus.producer().send_all([Outgoing(topic, key, b"v") for key in keys], timeout=WAIT)
        # As kafka-python's default partitioner places them, which follows the Java client.
        assert [position.partition for position in placed] == [1, 0, 2, 3, 0, 3, 1]

    def test_records_without_a_key_are_accepted_in_any_partition(self, bus: Bus, group: str) -> None:
        topic = new_topic(bus, 3)
        bus.producer().send_all([Outgoing(topic, None, b"%d" % i) for i in range(50)], timeout=WAIT)
        consumer = bus.consumer(group=group, topics=[topic])
        assert sorted(map(int, values(read(consumer, 50)))) == list(range(50))
        consumer.close()

    def test_a_new_group_starts_at_the_earliest_record_and_each_group_reads_all(self, bus: Bus, topic: str) -> None:
        send(bus.producer(), topic, b"1", b"2")
        for _ in range(2):
            consumer = bus.consumer(group=f"group-{uuid.uuid4().hex}", topics=[topic])
            assert values(read(consumer, 2)) == [b"1", b"2"]
            consumer.close()

    def test_a_group_goes_on_where_it_committed(self, bus: Bus, topic: str, group: str) -> None:
        send(bus.producer(), topic, b"1", b"2", b"3")
        consumer = bus.consumer(group=group, topics=[topic])
        read(consumer, 3)
        consumer.commit({TopicPartition(topic, 0): 2})
        consumer.close()
        again = bus.consumer(group=group, topics=[topic])
        assert values(read(again, 1)) == [b"3"]
        again.close()

    def test_a_record_not_committed_comes_again(self, bus: Bus, topic: str, group: str) -> None:
        send(bus.producer(), topic, b"1", b"2")
        for _ in range(2):
            consumer = bus.consumer(group=group, topics=[topic])
            assert values(read(consumer, 2)) == [b"1", b"2"]
            consumer.close()

    def test_what_a_killed_reader_had_not_committed_comes_again(
        self, bus: Bus, topic: str, group: str, address: str
    ) -> None:
        send(bus.producer(), topic, b"1", b"2", b"3")
        with Reader(self.connect, address, group, topic, commit=1) as reader:
            assert reader.seen() == 3
            reader.kill()
        survivor = bus.consumer(group=group, topics=[topic])
        assert values(read(survivor, 2)) == [b"2", b"3"]
        survivor.close()

    def test_a_reader_beside_all_groups_gets_everything_each_time(self, bus: Bus, topic: str) -> None:
        send(bus.producer(), topic, b"1", b"2")
        first, second = (bus.consumer(group=None, topics=[topic]) for _ in range(2))
        assert values(read(first, 2)) == [b"1", b"2"]
        first.commit({TopicPartition(topic, 0): 2})
        assert values(read(second, 2)) == [b"1", b"2"]
        first.close()
        second.close()

    def test_seek_goes_back_and_forth(self, bus: Bus, topic: str, group: str) -> None:
        source = TopicPartition(topic, 0)
        send(bus.producer(), topic, *(b"%d" % i for i in range(10)))
        consumer = bus.consumer(group=group, topics=[topic])
        read(consumer, 10)
        consumer.seek({source: 7})
        assert values(read(consumer, 3)) == [b"7", b"8", b"9"]
        consumer.seek({source: 0})
        assert values(read(consumer, 1, max_records=1)) == [b"0"]
        consumer.seek({source: 10})
        send(bus.producer(), topic, b"new")
        assert values(read(consumer, 1)) == [b"new"]
        consumer.close()

    def test_seek_to_a_partition_never_asked_for_is_an_error(self, bus: Bus, topic: str, group: str) -> None:
        consumer = bus.consumer(group=group, topics=[topic])
        join(consumer)
        with pytest.raises(ValueError, match="not assigned"):
            consumer.seek({TopicPartition("elsewhere", 0): 1})
        consumer.close()

    def test_a_poll_never_brings_more_than_asked_and_nothing_is_lost_between(
        self, bus: Bus, topic: str, group: str
    ) -> None:
        send(bus.producer(), topic, *(b"%d" % i for i in range(25)))
        consumer = bus.consumer(group=group, topics=[topic])
        polls: list[list[Record]] = []
        until(
            lambda: sum(map(len, polls)) >= 25,
            lambda: polls.append(consumer.poll(timeout=0.1, max_records=10)),
        )
        consumer.close()
        assert max(map(len, polls)) <= 10
        assert values([record for poll in polls for record in poll]) == [b"%d" % i for i in range(25)]

    def test_a_paused_partition_is_silent_and_the_others_flow(self, bus: Bus, group: str) -> None:
        quiet, loud = new_topic(bus, 1), new_topic(bus, 1)
        consumer = bus.consumer(group=group, topics=[quiet, loud])
        until(lambda: len(consumer.assigned()) == 2, lambda: consumer.poll(timeout=0.05, max_records=1))
        consumer.pause([TopicPartition(quiet, 0)])
        send(bus.producer(), quiet, b"q")
        send(bus.producer(), loud, b"l")
        assert values(read(consumer, 1)) == [b"l"]
        assert nothing_comes(consumer)
        consumer.resume([TopicPartition(quiet, 0)])
        assert values(read(consumer, 1)) == [b"q"]
        consumer.close()

    def test_all_partitions_are_assigned_to_a_lone_member(self, bus: Bus, group: str) -> None:
        topic = new_topic(bus, 3)
        consumer = bus.consumer(group=group, topics=[topic])
        join(consumer)
        assert consumer.assigned() == {TopicPartition(topic, i) for i in range(3)}
        consumer.close()

    def test_end_offsets_are_those_the_next_records_get(self, bus: Bus, group: str) -> None:
        topic = new_topic(bus, 2)
        send(bus.producer(), topic, b"1", b"2", b"3", key=b"a")
        consumer = bus.consumer(group=group, topics=[topic])
        join(consumer)
        ends = consumer.end_offsets()
        (following,) = send(bus.producer(), topic, b"4", key=b"a")
        assert ends[TopicPartition(topic, following.partition)] == following.offset == 3
        assert ends[TopicPartition(topic, 1 - following.partition)] == 0
        consumer.close()

    def test_progress_is_what_the_group_committed_and_when_the_rest_arrived(self, bus: Bus, group: str) -> None:
        topic = new_topic(bus, 2)
        (first, *_) = send(bus.producer(), topic, b"1", b"2", b"3", key=b"a")
        full, empty = TopicPartition(topic, first.partition), TopicPartition(topic, 1 - first.partition)
        progress = bus.progress(group=group, topics=[topic])
        assert progress.spans() == {full: Span(0, 3), empty: Span(0, 0)}
        consumer = bus.consumer(group=group, topics=[topic])
        records = read(consumer, 3)
        consumer.commit({full: 1})
        assert progress.spans() == {full: Span(1, 3), empty: Span(0, 0)}
        assert progress.arrivals({full: 1}) == {full: records[1].timestamp}
        assert progress.arrivals({full: 0}) == {full: records[0].timestamp}
        assert progress.arrivals({empty: 0}) == {}
        consumer.commit({full: 3})
        assert progress.spans()[full] == Span(3, 3)
        progress.close()
        consumer.close()

    def test_progress_of_a_topic_that_nobody_created_is_refused(self, bus: Bus, group: str) -> None:
        with pytest.raises(UnknownTopic, match="never"):
            bus.progress(group=group, topics=["never"])

    def test_usage_counts_the_disk_and_what_a_topic_takes_of_it(self, bus: Bus, topic: str) -> None:
        before = bus.usage()
        send(bus.producer(), topic, *[b"x" * 100_000] * 10)
        after = bus.usage()
        assert after.topics[topic] >= before.topics[topic] + 500_000
        assert 0 < after.free < after.size

    def test_sixteen_megabytes_travel(self, bus: Bus, topic: str, group: str) -> None:
        large = bytes(range(256)) * (16 * 1024 * 4)
        producer = bus.producer()
        producer.send(Outgoing(topic, b"k", large)).result(WAIT)
        producer.send_all([Outgoing(topic, b"k", large), Outgoing(topic, b"k", b"small")], timeout=WAIT)
        consumer = bus.consumer(group=group, topics=[topic])
        records = read(consumer, 3)
        consumer.close()
        assert [len(record.value) for record in records] == [len(large), len(large), 5]
        assert records[1].value == large

    def test_a_record_past_the_limit_is_refused_and_the_next_one_accepted(self, bus: Bus, topic: str) -> None:
        producer = bus.producer()
        too_large = Outgoing(topic, b"k", bytes(MESSAGE_LIMIT))
        with pytest.raises(RecordTooLarge, match="exceeds the limit"):
            producer.send(too_large).result(WAIT)
        with pytest.raises(RecordTooLarge, match="exceeds the limit"):
            producer.send_all([Outgoing(topic, b"k", b"fine"), too_large], timeout=WAIT)
        assert send(producer, topic, b"ok") == [Position(topic, 0, 0)]

    def test_the_largest_record_is_accepted(self, bus: Bus, topic: str) -> None:
        largest = Outgoing(topic, b"k", bytes(MESSAGE_LIMIT - 1))
        assert bus.producer().send(largest).result(WAIT).offset == 0

    def test_the_dead_letter_topic_takes_the_largest_record_with_its_reason(self, bus: Bus, topic: str) -> None:
        bus.create_topics({f"{topic}.dead": 1})
        entry = Outgoing(f"{topic}.dead", b"k", bytes(MESSAGE_LIMIT), (("reason", b"r" * 1000),))
        assert bus.producer().send(entry).result(WAIT).offset == 0

    def test_dead_letters_are_followed_until_they_are_settled_and_do_not_multiply(self, bus: Bus, topic: str) -> None:
        """The gateway checks this before it accepts more; redriven records that fail become one dead letter each."""
        bus.create_topics({f"{topic}.dead": 1})
        send(bus.producer(), topic, *(b"bad %d" % i for i in range(3)))
        watch = DeadLetterWatch(bus, (topic,), limit=3)
        writer = dead_letters(bus, service="writer", limit=3)

        def look(*, full: bool) -> None:
            until(lambda: watch.full(topic) is full, lambda: watch.step(timeout=0.2))

        reader = bus.consumer(group=None, topics=[topic])
        writer.store([(record, "bad") for record in read(reader, 3)])
        look(full=True)
        assert redrive(bus, topic) == 3
        look(full=False)
        writer.store([(record, "bad") for record in read(reader, 3)])
        look(full=True)
        assert discard(bus, topic) == 3
        look(full=False)
        assert waiting(bus, topic) == []
        reader.close()
        watch.close()

    def test_a_store_of_dead_letters_that_is_full_notices_each_time_that_there_is_room_again(
        self, bus: Bus, topic: str
    ) -> None:
        bus.create_topics({f"{topic}.dead": 1})
        writer = dead_letters(bus, service="writer", limit=1)
        places = 1 + RESERVE
        entries = [(Record(topic, 0, offset, None, b"bad", (), 0), "bad") for offset in range(2 * places + 1)]
        writer.store(entries[:places])
        for at in (places, 2 * places):
            with pytest.raises(Transient, match="full"):
                writer.store(entries[at : at + 1])
            assert discard(bus, topic) == places
            writer.store(entries[at : at + places])
        assert [entry.offset for entry in waiting(bus, topic)] == [2 * places]

    def test_concurrent_producers_lose_nothing_and_keep_their_own_order(self, bus: Bus, topic: str, group: str) -> None:
        def work(name: int) -> None:
            producer = bus.producer()
            for i in range(5):
                producer.send_all(
                    [Outgoing(topic, b"%d" % name, b"%d" % (i * 10 + j)) for j in range(10)], timeout=WAIT
                )

        threads = [threading.Thread(target=work, args=(name,)) for name in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        consumer = bus.consumer(group=group, topics=[topic])
        records = read(consumer, 400)
        consumer.close()
        assert [record.offset for record in records] == list(range(400))
        for name in range(8):
            assert [int(r.value) for r in records if r.key == b"%d" % name] == list(range(50))

    def test_a_waiting_reader_learns_of_a_record_sent_by_another_process(
        self, bus: Bus, topic: str, group: str, address: str
    ) -> None:
        with Reader(self.connect, address, group, topic, commit=0) as reader:
            reader.wait_until_ready()
            send(bus.producer(), topic, b"hello")
            assert reader.seen() == 1

    def test_sending_to_an_unknown_topic_is_an_error(self, bus: Bus, topic: str) -> None:
        producer = bus.producer()
        with pytest.raises(UnknownTopic, match=r"nobody\.made\.me"):
            producer.send(Outgoing("nobody.made.me", b"k", b"v")).result(WAIT)
        with pytest.raises(UnknownTopic, match=r"nobody\.made\.me"):
            producer.send_all([Outgoing(topic, b"k", b"v"), Outgoing("nobody.made.me", b"k", b"v")], timeout=WAIT)

    def test_reading_an_unknown_topic_is_an_error(self, bus: Bus, group: str) -> None:
        with pytest.raises(UnknownTopic, match=r"nobody\.made\.me"):
            bus.consumer(group=group, topics=["nobody.made.me"]).poll(timeout=1, max_records=1)

    def test_topics_are_created_once_and_keep_their_records(self, bus: Bus, topic: str) -> None:
        send(bus.producer(), topic, b"1")
        other = f"test.{uuid.uuid4().hex}"
        assert bus.create_topics({topic: 1, other: 2}) == [other]
        assert bus.create_topics({}) == []
        assert send(bus.producer(), topic, b"2") == [Position(topic, 0, 1)]

    def test_a_bus_that_can_be_reached_passes_its_check(self, bus: Bus) -> None:
        bus.check()


_READER = Path(__file__).with_name("reader.py")


class Reader:
    """A separate process that joins a group, commits on request and reports what it has read."""

    def __init__(self, connect: str, address: str, group: str, topic: str, *, commit: int) -> None:
        told = json.dumps({"connect": connect, "address": address, "group": group, "topic": topic, "commit": commit})
        self._process = subprocess.Popen([sys.executable, str(_READER), told], stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def wait_until_ready(self) -> None:
        assert self._line() == "ready"

    def seen(self) -> int:
        """The number of records that it reported: as many as it found in one poll."""
        line = self._line()
        return int(line if line != "ready" else self._line())

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(DEADLINE)

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()
