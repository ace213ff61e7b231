import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from headwater.bus.wake import Wake


@pytest.fixture
def wake(tmp_path: Path) -> Iterator[Wake]:
    wake = Wake(tmp_path / "wake")
    yield wake
    wake.close()


def waited(wake: Wake, topics: list[str], timeout: float, ring: str, by: Wake) -> float:
    """Seconds that a reader of `topics` slept while `ring` was rung."""
    reader = wake.reader(topics)
    mark = reader.mark()
    ringer = threading.Timer(0.05, by.ring, [ring])
    ringer.start()
    began = time.monotonic()
    reader.wait(mark, timeout)
    took = time.monotonic() - began
    ringer.join()
    return took


def test_an_append_wakes_the_readers_of_its_topic(wake: Wake) -> None:
    assert waited(wake, ["a", "b"], 30, "b", by=wake) < 20


def test_an_append_by_another_process_wakes_them_too(wake: Wake, tmp_path: Path) -> None:
    other = Wake(tmp_path / "wake")
    assert waited(wake, ["a", "b"], 30, "b", by=other) < 20
    other.close()


def test_an_append_to_another_topic_leaves_a_reader_asleep(wake: Wake) -> None:
    assert waited(wake, ["a"], 0.2, "b", by=wake) >= 0.2


def test_what_was_appended_after_the_mark_is_not_slept_over(wake: Wake) -> None:
    reader = wake.reader(["a"])
    mark = reader.mark()
    wake.ring("a")
    began = time.monotonic()
    reader.wait(mark, 30)
    assert time.monotonic() - began < 20


def test_closing_wakes_everybody(tmp_path: Path) -> None:
    wake = Wake(tmp_path / "wake")
    reader = wake.reader(["a"])
    closer = threading.Timer(0.05, wake.close)
    closer.start()
    began = time.monotonic()
    reader.wait(reader.mark(), 30)
    assert time.monotonic() - began < 20
    closer.join()
