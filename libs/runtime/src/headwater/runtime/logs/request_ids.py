"""The ids of requests in the log when there are too many for a line each: one line lists those of many."""

import atexit
import threading
import time
from _thread import start_new_thread
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from contextvars import Context
from typing import Any

GATHER_SECONDS = 1.0
MOST_IDS = 1_000
"""Ids in one line: twice the default batch size of a consumer."""
LONGEST_ID = 300
"""Characters of an id: the position of a record on an inbound topic is the longest."""
Later = Callable[[float, Callable[[], None]], None]


def listed(ids: Iterable[str]) -> dict[str, Any]:
    """The distinct ids as fields of a line, in their order; empty where there are none. `left_out`: ids past the
    limit, where there are any."""
    distinct = [name[:LONGEST_ID] for name in dict.fromkeys(ids) if name]
    if not distinct:
        return {}
    left_out = len(distinct) - MOST_IDS
    return {"requests": distinct[:MOST_IDS]} | ({"left_out": left_out} if left_out > 0 else {})


def _on_a_thread(seconds: float, call: Callable[[], None]) -> None:
    # threading.Thread.start waits until the thread runs, and an event loop that answers requests must not.
    start_new_thread(_call_after, (seconds, call))


def _call_after(seconds: float, call: Callable[[], None]) -> None:
    time.sleep(seconds)
    call()


class GatheredWrites:
    """Ids of writes that follow one another closely, in one line a second and route, or in one for every MOST_IDS.

    `log`: the logger that writes the lines. `later`: calls a function after a number of seconds, on another thread.
    """

    def __init__(
        self, log: Any, *, monotonic: Callable[[], float] = time.monotonic, later: Later = _on_a_thread
    ) -> None:
        self._log, self._monotonic, self._later = log, monotonic, later
        self._bound = log
        self._lock = threading.Lock()
        self._gathered: dict[tuple[str, str, int], list[str]] = {}
        self._count = 0
        self._own_line_from = float("-inf")

    def gather(self, method: str, route: str, status: int, request_id: str) -> bool:
        """Keep the id for the next line. False where nothing was written for a second: then the caller writes a line
        for this request alone."""
        now = self._monotonic()
        with self._lock:
            if not self._count and now >= self._own_line_from:
                self._own_line_from = now + GATHER_SECONDS
                return False
            self._gathered.setdefault((method, route, status), []).append(request_id)
            self._count += 1
            count = self._count
        if count == 1:
            self._bound = self._log.bind()  # the present logger, in case logging was reconfigured meanwhile
            atexit.register(self.write)
            self._later(GATHER_SECONDS, self.write)
        elif count == MOST_IDS:
            self._later(0, self.write)
        return True

    def write(self) -> None:
        """Write the collected ids."""
        with self._lock:
            gathered, self._gathered, self._count = self._gathered, {}, 0
            self._own_line_from = self._monotonic() + GATHER_SECONDS
        atexit.unregister(self.write)
        Context().run(self._write_lines, gathered)  # the id of no single request is bound to them

    def _write_lines(self, gathered: Mapping[tuple[str, str, int], list[str]]) -> None:
        for (method, route, status), ids in gathered.items():
            with suppress(ValueError):  # the stream is closed when the program ends
                self._bound.info("requests", method=method, route=route, status=status, **listed(ids))
