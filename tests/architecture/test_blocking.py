"""The watch that detects waiting recognises every kind of waiting, and nothing else."""

import queue
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from tests.blocking import Blocked, Watch


@pytest.mark.parametrize("blocks", ["sleep", "file", "future", "event", "queue", "log line", "lock held while writing"])
def test_the_watch_sees_what_waits(tmp_path: Path, blocks: str) -> None:
    with Watch() as watch:
        act = _blocking(tmp_path)[blocks]
        with watch.on_this_thread():
            act()
    with pytest.raises(Blocked):
        watch.verify()


def test_a_lock_that_another_thread_has_just_taken_is_not_taken_for_ones_own() -> None:
    with Watch() as watch:
        shared: Any = threading.Lock()
        with watch.on_this_thread():
            with shared:
                pass
            shared._real.acquire()  # as by another thread that has not set its id yet
            assert not shared.acquire(timeout=0.001)
        watch.verify()


def _blocking(place: Path) -> dict[str, Callable[[], object]]:
    shared, inside, leave = threading.Lock(), threading.Event(), threading.Event()

    def never_done() -> object:
        with pytest.raises(TimeoutError):
            Future[int]().result(0.001)
        return None

    def nothing_queued() -> object:
        with pytest.raises(queue.Empty):
            queue.Queue[int]().get(timeout=0.001)
        return None

    def writes_under_the_lock() -> None:
        with shared:
            (place / "file").write_text("x")
            inside.set()
        leave.wait(5)

    def takes_the_lock() -> object:
        writer = threading.Thread(target=writes_under_the_lock)
        writer.start()
        while not inside.is_set():
            pass
        with shared:
            leave.set()
        return None

    return {
        "sleep": lambda: time.sleep(0),
        "file": lambda: (place / "other").write_text("x"),
        "future": never_done,
        "event": lambda: threading.Event().wait(0.001),
        "queue": nothing_queued,
        "log line": lambda: sys.stdout.write("x"),
        "lock held while writing": takes_the_lock,
    }
