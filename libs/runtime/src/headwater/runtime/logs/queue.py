"""Log lines from threads that must not wait for a disk."""

import atexit
import queue
import threading
from typing import TextIO

MOST_LINES = 10_000
CLOSE_SECONDS = 2.0


class QueuedStream:
    """A stream for `logs.configure`: lines are written to `target` by a thread of its own, in their order.

    Lines that arrive faster than they can be written are dropped, and their number is logged instead.
    """

    def __init__(self, target: TextIO, *, most: int = MOST_LINES) -> None:
        self._target, self._most = target, most
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._left_out = 0
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    def write(self, text: str) -> int:
        if self._lines.qsize() < self._most:
            self._lines.put(text)
        else:
            self._left_out += 1
        return len(text)

    def flush(self) -> None:
        """The thread flushes."""

    def close(self) -> None:
        """Write queued lines, for a limited time."""
        atexit.unregister(self.close)
        self._lines.put(None)
        self._thread.join(CLOSE_SECONDS)

    def _run(self) -> None:
        while (text := self._lines.get()) is not None:
            if self._left_out:
                text += f'{{"event":"log_lines_left_out","level":"warning","lines":{self._left_out}}}\n'
                self._left_out = 0
            try:
                self._target.write(text)
                self._target.flush()
            except (OSError, ValueError):
                self._left_out += 1  # a full disk, or a stream closed at exit: logging must not fail the caller
