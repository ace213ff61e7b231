"""Damage to the log is reported with the file's name; records are never skipped silently."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from headwater.bus.embedded import EmbeddedBus
from headwater.bus.errors import Damaged, UnknownTopic
from headwater.bus.loop import Loop
from headwater.bus.port import Outgoing, Record, TopicPartition
from tests.damage import WHOLE_FILE, cut, empty, flip_in, garble_header, overwrite_page, pages, remove

from .loop_bench import ListedDeadLetters, Store, Waits

COUNT = 60
P0 = TopicPartition("t", 0)


def value(number: int) -> bytes:
    return b"record %04d " % number + bytes([number]) * 2_000


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A closed log of 60 records, all in one file `t.db`."""
    with opened(tmp_path / "log") as bus:
        bus.create_topics({"t": 1})
        bus.producer().send_all(
            [Outgoing("t", b"key %04d" % i, value(i), (("name", b"header %04d" % i),)) for i in range(COUNT)],
            timeout=30,
        )
    assert not (tmp_path / "log" / "t.db-wal").exists()
    return tmp_path / "log" / "t.db"


class opened:  # noqa: N801  # reads as a clause
    """A bus on a directory, closed at the end."""

    def __init__(self, directory: Path) -> None:
        self._bus = EmbeddedBus(directory, fsync=False, clock=lambda: 1_700_000_000_000_000)

    def __enter__(self) -> EmbeddedBus:
        return self._bus

    def __exit__(self, *_: object) -> None:
        self._bus.close()


def read(directory: Path) -> list[Record]:
    """Everything up to the end. Raises Damaged, with what came before lost to the caller."""
    return list(records(directory))


def records(directory: Path) -> Iterator[Record]:
    with opened(directory) as bus:
        consumer = bus.consumer(group=None, topics=["t"])
        try:
            while polled := consumer.poll(timeout=0, max_records=7):
                yield from polled
        finally:
            consumer.close()


def until_damage(path: Path) -> list[int]:
    """The offsets that are read before the damage is reported, with the name of the file."""
    found: list[int] = []
    with pytest.raises(Damaged) as told:
        found += [record.offset for record in iter_offsets(path, found)]
    assert str(path) in str(told.value)
    assert "restore" in str(told.value)
    return found


def damage_met(path: Path, found: list[int]) -> Damaged | None:
    """Read everything into `found`."""
    try:
        list(iter_offsets(path, found))
    except Damaged as damage:
        return damage
    return None


def iter_offsets(path: Path, found: list[int]) -> Iterator[Record]:
    for record in records(path.parent):
        found.append(record.offset)
        assert record.value == value(record.offset)
    yield from ()


def change(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(statement)
    connection.close()


@pytest.mark.parametrize("needle", [value(31)[:12], b"key 0031", b"header 0031", bytes([31]) * 64], ids=repr)
def test_one_changed_bit_of_a_record_stops_the_reader_there(log: Path, needle: bytes) -> None:
    flip_in(log, needle)
    assert until_damage(log) == list(range(31))


@pytest.mark.parametrize("bit", [0, 20, 31, 32, 45])
def test_a_changed_time_of_arrival_is_damage(log: Path, bit: int) -> None:
    change(log, f"UPDATE records_0 SET timestamp = timestamp + {1 << bit} WHERE offset = 31")
    assert until_damage(log) == list(range(31))


@pytest.mark.parametrize("column", ["value", "headers", "key", "timestamp", "crc"])
@pytest.mark.parametrize("other", ["NULL", "'text'", "1", "1.5", "x'00'"])
def test_a_field_of_another_type_is_damage(log: Path, column: str, other: str) -> None:
    connection = sqlite3.connect(log)
    with connection:
        connection.execute("PRAGMA writable_schema=1")
        connection.execute("UPDATE sqlite_master SET sql = replace(sql, ' NOT NULL', '') WHERE name = 'records_0'")
    connection.close()
    change(log, f"UPDATE records_0 SET {column} = {other} WHERE offset = 31")
    assert until_damage(log) == list(range(31))


@pytest.mark.parametrize(("gone", "read_before"), [("= 31", 31), ("BETWEEN 10 AND 20", 10), ("< 5", 0)])
def test_missing_records_are_damage(log: Path, gone: str, read_before: int) -> None:
    change(log, f"DELETE FROM records_0 WHERE offset {gone}")
    assert until_damage(log) == list(range(read_before))


def test_what_was_trimmed_is_not_missing(log: Path) -> None:
    with opened(log.parent) as bus:
        assert bus.trim("t", before=1 << 60) == COUNT - 1
    assert [record.offset for record in read(log.parent)] == [COUNT - 1]


def test_whichever_page_is_damaged_no_record_is_lost_in_silence(log: Path, tmp_path: Path) -> None:
    told = 0
    for number in pages(log):
        copy = tmp_path / f"page{number}"
        shutil.copytree(log.parent, copy)
        overwrite_page(copy / "t.db", number)
        found: list[int] = []
        damage = damage_met(copy / "t.db", found)
        told += damage is not None
        assert damage is None or str(copy / "t.db") in str(damage)
        assert found == list(range(COUNT if damage is None else len(found))), f"page {number}"
        shutil.rmtree(copy)
    assert told > 5


@pytest.mark.parametrize("damage", WHOLE_FILE)
def test_a_file_that_is_cut_empty_foreign_or_gone_is_damage_and_not_a_new_topic(
    log: Path, damage: Callable[[Path], None]
) -> None:
    damage(log)
    with opened(log.parent) as bus:
        assert bus.create_topics({"t": 1, "new": 1}) == ["new"]
        with pytest.raises(Damaged, match=r"t\.db is damaged"):
            read_through(bus)
        with pytest.raises(Damaged, match=r"t\.db is damaged"):
            bus.producer().send_all([Outgoing("t", None, b"v" * 50_000) for _ in range(50)], timeout=30)


def read_through(bus: EmbeddedBus) -> None:
    consumer = bus.consumer(group=None, topics=["t"])
    try:
        while consumer.poll(timeout=0, max_records=100):
            pass
    finally:
        consumer.close()


def test_a_topic_that_never_was_is_unknown(log: Path) -> None:
    with opened(log.parent) as bus, pytest.raises(UnknownTopic):
        bus.consumer(group=None, topics=["other"])


def test_an_append_that_meets_damage_says_so_until_it_goes_well(log: Path) -> None:
    garble_header(log)
    with opened(log.parent) as bus:
        for _ in range(2):
            with pytest.raises(Damaged):
                bus.producer().send(Outgoing("t", None, b"")).result(30)


def test_a_damaged_group_file_names_itself_and_that_it_may_be_removed(log: Path) -> None:
    with opened(log.parent) as bus:
        bus.consumer(group="g", topics=["t"]).close()
        garble_header(log.parent / "groups" / "g.db")
        with pytest.raises(Damaged, match=r"g\.db .*remove"):
            bus.consumer(group="g", topics=["t"])
        remove(log.parent / "groups" / "g.db")
        bus.consumer(group="g", topics=["t"]).close()


@pytest.mark.parametrize(
    "damage",
    [lambda path: flip_in(path, b"record 0031"), cut, lambda path: overwrite_page(path, len(list(pages(path))) // 2)],
)
def test_a_loop_ends_at_damage_with_all_before_it_applied(log: Path, damage: Callable[[Path], None]) -> None:
    damage(log)
    store = Store()
    with opened(log.parent) as bus, pytest.raises(Damaged, match=r"t\.db"):
        Loop(bus.consumer(group="g", topics=["t"]), store, ListedDeadLetters(), stop=Waits(), max_records=7).run()
    assert [offset for _, offset in store.values] == list(range(len(store.values)))
    assert len(store.values) < COUNT


def test_a_lost_write_ahead_log_shows_against_what_a_store_has_seen(tmp_path: Path) -> None:
    with opened(tmp_path) as bus:
        bus.create_topics({"t": 1})
        bus.producer().send_all([Outgoing("t", None, b"%d" % i) for i in range(20)], timeout=30)
        shutil.copytree(tmp_path, tmp_path.with_name("copy"), ignore=shutil.ignore_patterns("*-wal", "*-shm"))
    # The tables themselves may be in the lost part.
    with opened(tmp_path.with_name("copy")) as bus, pytest.raises(Damaged, match="restore"):
        read_as_one_who_has_seen(bus, 20)


def read_as_one_who_has_seen(bus: EmbeddedBus, offset: int) -> None:
    with closing(bus.consumer(group="g", topics=["t"])) as consumer:
        Loop(consumer, Store({P0: offset}), ListedDeadLetters(), stop=Waits()).step()


def test_an_empty_file_of_a_topic_whose_creation_was_cut_short_is_created_again(tmp_path: Path) -> None:
    with opened(tmp_path) as bus:
        empty(tmp_path / "t.db")
        assert bus.create_topics({"t": 1}) == ["t"]
