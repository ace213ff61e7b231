"""The last use of API keys: recorded on a request, written later on a thread of its own."""

import threading
from collections.abc import Callable, Mapping

import sqlalchemy as sa

from headwater.auth.tables import api_keys
from headwater.runtime.logs.lines import get_logger

MINUTE = 60_000_000
WRITE_SECONDS = 2.0


def note(connection: sa.Connection, uses: Mapping[str, int], *, now: int) -> None:
    """Moments by key id may arrive late and twice, from many programs; a key's row is written once a minute at most.
    None is later than `now`.
    """
    for key_id, reported in sorted(uses.items()):
        at = min(reported, now)
        older = sa.or_(api_keys.c.last_used_at.is_(None), api_keys.c.last_used_at <= at - MINUTE)
        connection.execute(api_keys.update().where(api_keys.c.id == key_id, older).values(last_used_at=at))


class KeyUses:
    """Keeps the last use of each key until `write` has taken it; no request waits for that.

    start: whether a thread writes every two seconds; without it only `flush` does.
    """

    def __init__(self, write: Callable[[Mapping[str, int]], None], *, start: bool = True) -> None:
        self._write = write
        self._start = start
        self._lock = threading.Lock()
        self._waiting: dict[str, int] = {}
        self._written: dict[str, int] = {}
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def used(self, key_id: str, at: int) -> None:
        """Record that a key was used at `at`. In memory only."""
        if at - self._written.get(key_id, -MINUTE) < MINUTE:
            return
        with self._lock:
            self._waiting[key_id] = at
            if self._thread is None and self._start and not self._closed.is_set():
                self._thread = threading.Thread(target=self._run, name="key-uses", daemon=True)
                self._thread.start()

    def flush(self) -> None:
        """Write the waiting uses. When that fails they keep waiting, and no request is refused."""
        with self._lock:
            taken, self._waiting = self._waiting, {}
        if not taken:
            return
        try:
            self._write(taken)
        except Exception as error:
            get_logger("identity").warning("key_uses_not_written", error=error)
            with self._lock:
                self._waiting = taken | self._waiting
            return
        self._written |= taken

    def close(self) -> None:
        """Write the waiting uses and end the thread."""
        self._closed.set()
        if self._thread is not None:
            self._thread.join(WRITE_SECONDS)
        self.flush()

    def _run(self) -> None:
        while not self._closed.wait(WRITE_SECONDS):
            self.flush()
