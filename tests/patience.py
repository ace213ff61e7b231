"""How long tests wait, on a machine of any speed and load.

Tests wait for a condition, with a deadline that is exceeded only if something hangs (`LONG`, times
`HEADWATER_TEST_PATIENCE`). A promise in seconds applies to an idle machine: measured times are compared with it
multiplied by `slowdown()`.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

FACTOR = float(os.environ.get("HEADWATER_TEST_PATIENCE", "1"))
LONG = 120.0 * FACTOR
"""Seconds."""
_SAMPLE_SECONDS = 0.1


def eventually(condition: Callable[[], Any], *, seconds: float = LONG) -> Any:
    """The first true value of `condition`. Raises AssertionError after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"still {value!r} after {seconds} seconds")
        time.sleep(0.05)


def while_it_moves(condition: Callable[[], bool], progress: Callable[[], object], *, seconds: float = LONG) -> None:
    """Wait until `condition` holds while `progress` changes. Raises AssertionError `seconds` after its last change."""
    last: object = None
    since = time.monotonic()
    while not condition():
        now = progress()
        if now != last:
            last, since = now, time.monotonic()
        elif time.monotonic() - since > seconds:
            raise AssertionError(f"no progress for {seconds} seconds: {now!r}")
        time.sleep(0.05)


def slowdown() -> float:
    """How much slower than on an idle machine a program runs now; 1 if nothing else runs."""
    began, worked = time.perf_counter(), time.thread_time()
    while time.thread_time() - worked < _SAMPLE_SECONDS:
        pass
    return max(1.0, (time.perf_counter() - began) / _SAMPLE_SECONDS)


@contextmanager
def promised(seconds: float) -> Iterator[None]:
    """The block takes no longer than `seconds`, allowing for the machine's current load."""
    before = slowdown()
    began = time.monotonic()
    yield
    took = time.monotonic() - began
    limit = seconds * max(before, slowdown())
    assert took < limit, f"took {took:.2f} s; promised are {seconds:g} s, which is {limit:.2f} s on this machine now"
