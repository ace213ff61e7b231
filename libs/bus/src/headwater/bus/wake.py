"""How a waiting reader learns of a new record, in this process and in others.

Every append writes a new number into eight bytes of memory that all processes map from
one file. A reader remembers the number, looks for records, and waits until it differs.
Inside the process a condition wakes at once; one watcher thread, alive only while somebody
waits, looks at the bytes for what other processes did. A lost wake-up costs a poll timeout, never a record.
"""

import mmap
import threading
import time
from pathlib import Path

PERIOD = 0.005
_SIZE = 8


class Wake:
    """The bell of one log directory."""

    def __init__(self, path: Path, *, period: float = PERIOD) -> None:
        with path.open("ab") as file:
            if file.tell() < _SIZE:
                file.truncate(_SIZE)
        with path.open("r+b") as file:
            self._bytes = mmap.mmap(file.fileno(), _SIZE)
        self._period = period
        self._changed = threading.Condition()
        self._waiting = 0
        self._watcher: threading.Thread | None = None
        self._closed = False

    def mark(self) -> bytes:
        """The present number: take it before looking for records."""
        return self._bytes[:]

    def ring(self) -> None:
        """Tell all readers that something was appended."""
        with self._changed:
            if not self._closed:
                self._bytes[:] = time.monotonic_ns().to_bytes(_SIZE, "little")
            self._changed.notify_all()

    def wait(self, mark: bytes, timeout: float) -> None:
        """Return when the number differs from `mark`, or after `timeout` seconds."""
        with self._changed:
            self._waiting += 1
            self._watch()
            try:
                self._changed.wait_for(lambda: self._closed or self._bytes[:] != mark, timeout)
            finally:
                self._waiting -= 1

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            watcher = self._watcher
        if watcher is not None:
            watcher.join()

    def _watch(self) -> None:
        if self._watcher is None and not self._closed:
            self._watcher = threading.Thread(target=self._look, name="bus-wake", daemon=True)
            self._watcher.start()

    def _look(self) -> None:
        seen = self.mark()
        idle = 0.0
        while idle < 1.0:  # readers come back within a turn; after a second without any the watcher ends
            time.sleep(self._period)
            if self._closed:
                break
            idle = 0.0 if self._waiting else idle + self._period
            now = self.mark()
            if now != seen:
                seen = now
                with self._changed:
                    self._changed.notify_all()
        with self._changed:
            self._watcher = None
            self._watch_again()

    def _watch_again(self) -> None:
        """A reader that began to wait while the watcher was ending still needs one."""
        if self._waiting:
            self._watch()
