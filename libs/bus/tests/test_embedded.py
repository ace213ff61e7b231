import random
import re
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from headwater.bus import embedded_consumer, topic_log
from headwater.bus.embedded import EmbeddedBus
from headwater.bus.embedded_consumer import EmbeddedConsumer
from headwater.bus.errors import DiskFull, Fatal, Unavailable
from headwater.bus.partitioner import murmur2, partition_of
from headwater.bus.port import Outgoing, Record, TopicPartition
from headwater.bus.topic_writer import TopicWriter
from tests.product import eventually

P0 = TopicPartition("t", 0)
APPEND = """
import sys
from pathlib import Path
from headwater.bus.embedded import EmbeddedBus
from headwater.bus.embedded_consumer import EmbeddedConsumer
from headwater.bus.port import Outgoing
producer, number = EmbeddedBus(Path(sys.argv[1])).producer(), int(sys.argv[2])
while True:
    batch = [Outgoing("t", b"k", b"%d" % (number + i)) for i in range(20)]
    last = producer.send_all(batch, timeout=30)[-1]
    number += 20
    print(last.offset, flush=True)
"""


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[EmbeddedBus]:
    bus = EmbeddedBus(tmp_path, fsync=False, clock=lambda: 1_000)
    bus.create_topics({"t": 1})
    yield bus
    bus.close()


def read_all(bus: EmbeddedBus, group: str | None = None) -> list[Record]:
    consumer = bus.consumer(group=group, topics=["t"])
    records: list[Record] = []
    while polled := consumer.poll(timeout=0, max_records=1000):
        records += polled
    consumer.close()
    return records


def fill(bus: EmbeddedBus, count: int) -> None:
    bus.producer().send_all([Outgoing("t", None, b"%d" % i) for i in range(count)], timeout=30)


def test_an_idle_consumer_reads_the_log_only_after_an_append(bus: EmbeddedBus, monkeypatch: pytest.MonkeyPatch) -> None:
    reads = 0
    read = EmbeddedConsumer._read

    def counted(consumer: EmbeddedConsumer, limit: int) -> list[Record]:
        nonlocal reads
        reads += 1
        return read(consumer, limit)

    monkeypatch.setattr(EmbeddedConsumer, "_read", counted)
    monkeypatch.setattr(embedded_consumer, "LOST_WAKE_SECONDS", 3600)
    consumer = bus.consumer(group="g", topics=["t"])
    assert [consumer.poll(timeout=0, max_records=10) for _ in range(5)] == [[]] * 5
    assert reads == 1
    fill(bus, 2)
    assert [record.offset for record in consumer.poll(timeout=0, max_records=10)] == [0, 1]
    consumer.pause([P0])
    fill(bus, 1)
    assert consumer.poll(timeout=0, max_records=10) == []
    consumer.resume([P0])
    assert [record.offset for record in consumer.poll(timeout=0, max_records=10)] == [2]
    assert consumer.poll(timeout=0, max_records=10) == []
    consumer.seek({P0: 1})
    assert [record.offset for record in consumer.poll(timeout=0, max_records=10)] == [1, 2]
    consumer.close()


def test_a_lost_wake_up_delays_a_record_and_loses_none(bus: EmbeddedBus, monkeypatch: pytest.MonkeyPatch) -> None:
    consumer = bus.consumer(group="g", topics=["t"])
    assert consumer.poll(timeout=0, max_records=10) == []
    monkeypatch.setattr(bus._wake, "ring", lambda topic: None)
    fill(bus, 1)
    assert [record.offset for record in consumer.poll(timeout=30, max_records=10)] == [0]
    consumer.close()


@pytest.mark.slow
def test_what_was_acknowledged_is_stored_once_without_a_gap_however_often_the_process_is_killed(tmp_path: Path) -> None:
    EmbeddedBus(tmp_path).create_topics({"t": 1})
    dice = random.Random(20260101)
    acknowledged = -1
    for _ in range(4):
        child = subprocess.Popen(
            [sys.executable, "-c", APPEND, str(tmp_path), str(acknowledged + 1)], stdout=subprocess.PIPE, text=True
        )
        assert child.stdout is not None
        for _ in range(dice.randrange(1, 40)):
            acknowledged = int(child.stdout.readline())
        child.send_signal(signal.SIGKILL)
        acknowledged = max([acknowledged, *(int(line) for line in child.stdout if line.endswith("\n"))])
        child.wait(30)
        child.stdout.close()
        bus = EmbeddedBus(tmp_path)
        stored = read_all(bus)
        assert len(stored) in (acknowledged + 1, acknowledged + 21)
        assert [record.offset for record in stored] == list(range(len(stored)))
        if len(stored) > acknowledged + 1:  # committed, and killed before the acknowledgement
            acknowledged = len(stored) - 1
        assert [int(record.value) for record in stored] == list(range(acknowledged + 1))
        with sqlite3.connect(tmp_path / "t.db") as log:
            assert log.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        log.close()
        bus.close()


def test_the_log_survives_a_new_bus_on_the_same_directory(tmp_path: Path) -> None:
    first = EmbeddedBus(tmp_path)
    first.create_topics({"t": 2})
    first.producer().send(Outgoing("t", b"k", b"v", (("h", b"x"),))).result(30)
    first.close()
    second = EmbeddedBus(tmp_path)
    assert second.create_topics({"t": 5}) == []
    (record,) = read_all(second)
    assert (record.value, record.headers) == (b"v", (("h", b"x"),))
    second.close()


def test_the_arrival_time_is_that_of_the_clock(bus: EmbeddedBus) -> None:
    fill(bus, 1)
    assert read_all(bus)[0].timestamp == 1_000


def test_more_than_may_wait_is_unavailable_and_everything_accepted_is_written(tmp_path: Path) -> None:
    topic_log.create(tmp_path / "t.db", 1)
    held, appended = threading.Event(), threading.Event()

    def clock() -> int:
        appended.set()
        held.wait(30)
        return 0

    writer = TopicWriter(tmp_path / "t.db", "t", clock=clock, appended=lambda: None, waiting_bytes=100)
    first = writer.append([Outgoing("t", None, bytes(60))])
    assert appended.wait(30)
    with pytest.raises(Unavailable, match="waiting for the disk"):
        writer.append([Outgoing("t", None, bytes(60))]).result(30)
    held.set()
    assert first.result(30)[0].offset == 0
    writer.close()
    with pytest.raises(Unavailable, match="closed"):
        writer.append([Outgoing("t", None, b"")]).result(30)


def test_a_log_that_cannot_be_written_is_unavailable_and_shows_in_the_check(
    bus: EmbeddedBus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(bus, 1)
    bus.check()
    blocker = sqlite3.connect(tmp_path / "t.db", isolation_level=None)
    blocker.execute("DROP TABLE records_0")
    with pytest.raises(Unavailable, match="cannot append"):
        fill(bus, 1)
    with pytest.raises(Unavailable, match="cannot append"):
        bus.check()
    blocker.execute(
        "CREATE TABLE records_0 (offset INTEGER PRIMARY KEY, timestamp INTEGER, key BLOB, headers BLOB, value BLOB, "
        "crc INTEGER)"
    )
    blocker.close()
    fill(bus, 1)
    bus.check()


def test_below_the_floor_producers_are_refused_and_the_check_names_the_disk(tmp_path: Path) -> None:
    free = [10_000]
    bus = EmbeddedBus(tmp_path, floor=10_000, free=lambda directory: free[0])
    bus.create_topics({"t": 1})
    fill(bus, 1)
    free[0] = 9_999
    eventually(lambda: bus._disk.is_full())
    refused: list[Callable[[], object]] = [
        partial(fill, bus, 1),
        bus.check,
        bus.producer().send(Outgoing("t", None, b"")).result,
    ]
    for attempt in refused:
        with pytest.raises(DiskFull, match=r"9,999 bytes are free") as found:
            attempt()
        assert str(tmp_path) in str(found.value)
    assert len(read_all(bus)) == 1
    free[0] = 10_001
    eventually(lambda: not bus._disk.is_full())
    fill(bus, 1)
    bus.check()
    bus.close()


def test_while_the_disk_is_full_appends_are_refused(bus: EmbeddedBus, tmp_path: Path) -> None:
    fill(bus, 1)
    connection = bus._writer("t")._open()
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count={pages}")
    with pytest.raises(DiskFull, match=re.escape(str(tmp_path))):
        bus.producer().send_all([Outgoing("t", None, bytes(200_000))], timeout=30)
    assert len(read_all(bus)) == 1
    bus.check()  # a small write would go now
    fill(bus, 1)
    assert [record.offset for record in read_all(bus)] == [0, 1]


def test_a_closed_bus_accepts_nothing(tmp_path: Path) -> None:
    bus = EmbeddedBus(tmp_path)
    bus.create_topics({"t": 1})
    producer = bus.producer()
    bus.close()
    with pytest.raises(Unavailable, match="closed"):
        producer.send(Outgoing("t", None, b"")).result(30)


def test_a_format_of_a_newer_program_is_refused(bus: EmbeddedBus, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "t.db") as log:
        log.execute("PRAGMA user_version=99")
    log.close()
    with pytest.raises(Fatal, match="format 99"):
        bus.consumer(group="g", topics=["t"])


@pytest.mark.parametrize("name", ["", "../evil", ".hidden", "a/b", "x" * 300, "new\nline"])
def test_names_that_could_leave_the_directory_are_refused(bus: EmbeddedBus, name: str) -> None:
    with pytest.raises(ValueError, match="cannot name"):
        bus.create_topics({name: 1})
    with pytest.raises(ValueError, match="cannot name"):
        bus.consumer(group=name, topics=["t"])


def test_a_poll_is_bounded_in_bytes_too(bus: EmbeddedBus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded_consumer, "POLL_BYTES", 100)
    bus.producer().send_all([Outgoing("t", None, bytes(60)) for _ in range(5)], timeout=30)
    consumer = bus.consumer(group="g", topics=["t"])
    assert [len(consumer.poll(timeout=0, max_records=100)) for _ in range(4)] == [2, 2, 1, 0]
    consumer.close()


def test_no_topic_starves_another(bus: EmbeddedBus) -> None:
    bus.create_topics({"u": 1})
    bus.producer().send_all([Outgoing(name, None, b"") for name in ("t", "u") for _ in range(50)], timeout=30)
    consumer = bus.consumer(group="g", topics=["t", "u"])
    polls = [consumer.poll(timeout=0, max_records=10) for _ in range(4)]
    consumer.close()
    assert {record.topic for poll in polls for record in poll} == {"t", "u"}


def test_trimming_keeps_what_a_group_still_needs_and_the_newest_record(bus: EmbeddedBus) -> None:
    fill(bus, 10)
    slow = bus.consumer(group="slow", topics=["t"])
    assert bus.trim("t", before=2_000) == 0
    slow.commit({P0: 4})
    slow.close()
    assert bus.trim("t", before=1_000) == 0
    assert bus.trim("t", before=2_000) == 4
    assert [record.offset for record in read_all(bus)] == [4, 5, 6, 7, 8, 9]
    slow = bus.consumer(group="slow", topics=["t"])
    slow.commit({P0: 10})
    slow.close()
    assert bus.trim("t", before=2_000) == 5
    fill(bus, 1)
    assert [record.offset for record in read_all(bus)] == [9, 10]


def test_a_waiting_poll_ends_when_a_record_comes(bus: EmbeddedBus) -> None:
    consumer = bus.consumer(group="g", topics=["t"])
    found: list[Record] = []
    reading = threading.Thread(target=lambda: found.extend(consumer.poll(timeout=60, max_records=1)))
    reading.start()
    fill(bus, 1)
    reading.join(30)
    assert len(found) == 1
    consumer.close()


def test_keys_are_hashed_as_the_published_algorithm_says() -> None:
    # Checked against the values of Kafka's own client tests.
    expected = {b"21": -973932308, b"foobar": -790332482, b"a-little-bit-long-string": -985981536}
    assert {key: murmur2(key) for key in expected} == {key: value & 0xFFFFFFFF for key, value in expected.items()}
    assert {partition_of(b"%d" % i, 4) for i in range(50)} == {0, 1, 2, 3}
