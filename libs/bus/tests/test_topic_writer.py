import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from headwater.bus import topic_log
from headwater.bus.errors import Unavailable
from headwater.bus.port import Outgoing
from headwater.bus.topic_writer import TopicWriter
from tests.product import eventually


class HeldClock:
    """A clock that blocks the writer until released: its transaction stays open."""

    def __init__(self) -> None:
        self.reached, self.go_on = threading.Event(), threading.Event()
        self.asked = 0

    def __call__(self) -> int:
        self.asked += 1
        self.reached.set()
        assert self.go_on.wait(30)
        return self.asked


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


@pytest.fixture
def writer(tmp_path: Path, clock: HeldClock) -> Iterator[TopicWriter]:
    topic_log.create(tmp_path / "t.db", 1)
    writer = TopicWriter(tmp_path / "t.db", "t", clock=clock, appended=lambda: None, fsync=False)
    yield writer
    clock.go_on.set()
    writer.close()


def record(value: bytes = b"") -> list[Outgoing]:
    return [Outgoing("t", None, value)]


def times(path: Path) -> list[int]:
    with sqlite3.connect(path) as log:
        found = [at for (at,) in log.execute("SELECT timestamp FROM records_0 ORDER BY offset")]
    log.close()
    return found


def queued(writer: TopicWriter, count: int) -> Callable[[], bool]:
    return lambda: len(writer._queue) == count


def test_those_who_come_while_one_writes_share_the_next_transaction(
    writer: TopicWriter, clock: HeldClock, tmp_path: Path
) -> None:
    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(writer.write, record(), timeout=30)
        assert clock.reached.wait(30)
        others = [pool.submit(writer.write, record(), timeout=30) for _ in range(5)]
        later = writer.append(record())
        eventually(queued(writer, 6))
        clock.go_on.set()
        offsets = [done.result(30)[0].offset for done in (first, *others, later)]
    assert sorted(offsets) == list(range(7))
    assert offsets[0] == 0
    assert times(tmp_path / "t.db") == [1, 2, 2, 2, 2, 2, 2]


def test_a_lone_caller_starts_no_thread(writer: TopicWriter, clock: HeldClock) -> None:
    clock.go_on.set()
    before = threading.active_count()
    assert writer.write(record(), timeout=30)[0].offset == 0
    assert threading.active_count() == before


def test_who_has_waited_long_enough_is_told_so_and_holds_nobody_up(writer: TopicWriter, clock: HeldClock) -> None:
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(writer.write, record(), timeout=30)
        assert clock.reached.wait(30)
        with pytest.raises(Unavailable, match=r"not on disk after 0\.01 s"):
            writer.write(record(), timeout=0.01)
        clock.go_on.set()
        assert first.result(30)[0].offset == 0
        assert pool.submit(writer.write, record(), timeout=30).result(30)[0].offset == 2


def test_what_is_queued_is_written_before_the_log_closes(writer: TopicWriter, clock: HeldClock, tmp_path: Path) -> None:
    promised = [writer.append(record()) for _ in range(3)]
    assert clock.reached.wait(30)
    clock.go_on.set()
    writer.close()
    assert sorted(done.result(0)[0].offset for done in promised) == [0, 1, 2]
    assert len(times(tmp_path / "t.db")) == 3


def test_a_surprise_while_writing_reaches_those_who_wait_and_the_next_may_write(
    writer: TopicWriter, clock: HeldClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.go_on.set()
    with monkeypatch.context() as patched:
        patched.setattr(writer, "_clock", lambda: 1 / 0)
        with pytest.raises(Unavailable, match="division"):
            writer.write(record(), timeout=30)
    assert writer.write(record(), timeout=30)[0].offset == 0


def test_many_threads_lose_nothing_and_keep_their_order(writer: TopicWriter, clock: HeldClock, tmp_path: Path) -> None:
    clock.go_on.set()

    def produce(name: bytes) -> list[int]:
        return [writer.write(record(name + b"%d" % i), timeout=30)[0].offset for i in range(100)]

    with ThreadPoolExecutor(8) as pool:
        offsets = list(pool.map(produce, [b"%d/" % n for n in range(8)]))
    assert sorted(offset for mine in offsets for offset in mine) == list(range(800))
    assert all(mine == sorted(mine) for mine in offsets)


def test_two_writers_of_one_file_take_turns_at_the_offsets(
    writer: TopicWriter, clock: HeldClock, tmp_path: Path
) -> None:
    clock.go_on.set()
    other = TopicWriter(tmp_path / "t.db", "t", clock=clock, appended=lambda: None, fsync=False)
    offsets = [
        each.write(record() * 2, timeout=30)[-1].offset for each in (writer, writer, other, writer, other, other)
    ]
    assert offsets == [1, 3, 5, 7, 9, 11]
    other.close()
