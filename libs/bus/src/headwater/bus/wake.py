"""Notification of waiting readers about new records, in this process and in others.

Every append writes a new number into the slot ("bell") of its topic: eight bytes of one file, which all processes map.
A reader reads the bells of its topics, looks for records, and waits until one of the bells differs: appends to other
topics do not wake it. Inside the process the append wakes it at once; a watcher thread, alive only while a reader
waits, polls the bells for appends of other processes. A lost wake-up costs half a second, never a record.
"""

import contextlib
import mmap
import os
import threading
import time
import zlib
from collections.abc import Iterable
from pathlib import Path

PERIOD = 0.005
QUIET_LOOKS = 20
"""Looks without a change until it is checked whether readers still wait."""
_BELL = 8
_BELLS = 64  # topics that share one only cause spurious wake-ups


class Wake:
    """The bells of one log directory."""

    def __init__(self, path: Path, *, period: float = PERIOD) -> None:
        size = _BELL * _BELLS
        with path.open("ab") as file:
            if file.tell() < size:
                file.write(bytes(size - file.tell()))
        # Mapped read-only: a write to a mapping on a full disk kills the process (SIGBUS).
        self._file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        self._bytes = mmap.mmap(self._file, size, prot=mmap.PROT_READ)
        self._period = period
        self._lock = threading.Lock()
        self._waiters: set[_Waiter] = set()
        self._watcher: threading.Thread | None = None
        self._closed = False

    def ring(self, topic: str) -> None:
        """Wake the readers of `topic` after an append."""
        at = _bell(topic)
        with self._lock:
            if not self._closed:
                with contextlib.suppress(OSError):  # a lost wake-up costs half a second
                    os.pwrite(self._file, time.monotonic_ns().to_bytes(_BELL, "little"), at)
            for waiter in self._waiters:
                if at in waiter.bells:
                    waiter.open()

    def reader(self, topics: Iterable[str]) -> "Bells":
        return Bells(self, tuple(sorted({_bell(topic) for topic in topics})))

    def close(self) -> None:
        with self._lock:
            self._closed = True
            for waiter in self._waiters:
                waiter.open()
            watcher = self._watcher
        if watcher is not None:
            watcher.join()
        with self._lock:
            if self._file >= 0:
                os.close(self._file)
                self._file = -1

    def mark(self, bells: tuple[int, ...]) -> bytes:
        return b"".join([self._bytes[at : at + _BELL] for at in bells])

    def wait(self, bells: tuple[int, ...], mark: bytes, timeout: float) -> None:
        waiter = _Waiter(bells, mark)
        with self._lock:
            if self._closed or self.mark(bells) != mark:
                return
            self._waiters.add(waiter)
            self._watch()
        waiter.gate.acquire(timeout=timeout)
        with self._lock:
            self._waiters.discard(waiter)

    def _watch(self) -> None:
        if self._watcher is None:
            self._watcher = threading.Thread(target=self._look, name="bus-wake", daemon=True)
            self._watcher.start()

    def _look(self) -> None:
        seen = self._bytes[:]
        looks, idle = 0, 0.0
        while True:
            time.sleep(self._period)
            now = self._bytes[:]
            looks += 1
            if now == seen and looks < QUIET_LOOKS and not self._closed:
                continue  # 200 times a second: nothing but a comparison
            with self._lock:
                idle = 0.0 if self._waiters else idle + looks * self._period
                looks = 0
                # Readers return within an iteration; after a second without any the watcher ends.
                if self._closed or idle >= 1.0:
                    self._watcher = None
                    return
                if now != seen:
                    for waiter in self._waiters:
                        if self.mark(waiter.bells) != waiter.mark:
                            waiter.open()
            seen = now


class Bells:
    """The bells of one reader."""

    def __init__(self, wake: Wake, bells: tuple[int, ...]) -> None:
        self._wake, self._bells = wake, bells

    def mark(self) -> bytes:
        """The current numbers: read them before looking for records."""
        return self._wake.mark(self._bells)

    def wait(self, mark: bytes, timeout: float) -> None:
        """Return when a number differs from `mark`, or after `timeout` seconds."""
        self._wake.wait(self._bells, mark, timeout)


class _Waiter:
    """One waiting reader; its gate is released once."""

    __slots__ = ("bells", "gate", "mark")

    def __init__(self, bells: tuple[int, ...], mark: bytes) -> None:
        self.bells, self.mark = bells, mark
        self.gate = threading.Lock()
        self.gate.acquire()

    def open(self) -> None:
        if self.gate.locked():
            self.gate.release()


def _bell(topic: str) -> int:
    """The position of the bell of a topic."""
    return zlib.crc32(topic.encode()) % _BELLS * _BELL
