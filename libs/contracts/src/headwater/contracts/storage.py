"""Faults of a file that holds data: its disk is full, or it is damaged.

Each package has its own subclasses in its own tree of errors; request handlers and supervisors treat all alike.

DiskFull   the file cannot grow now: wait, it recovers by itself once there is space
Damaged    the file has content that was never written: stop, and name the file and the remedy
"""

import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

F = TypeVar("F", bound="DiskFull")
D = TypeVar("D", bound="Damaged")

_LOOK_SECONDS = 0.1
_NOTHING = 1024 * 1024  # so little is free that no file can be created

# Extended codes of SQLite. A write that fails for want of space is FULL; for a quota or a limit it is IOERR_WRITE.
_FULL = frozenset(
    {
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR_WRITE,
        sqlite3.SQLITE_IOERR_FSYNC,
        sqlite3.SQLITE_IOERR_DIR_FSYNC,
        sqlite3.SQLITE_IOERR_TRUNCATE,
        sqlite3.SQLITE_IOERR_SHMSIZE,
        sqlite3.SQLITE_IOERR_SHMOPEN,
        sqlite3.SQLITE_IOERR_SHMMAP,
        sqlite3.SQLITE_IOERR_GETTEMPPATH,
    }
)
_DAMAGED = frozenset({sqlite3.SQLITE_IOERR_READ, sqlite3.SQLITE_IOERR_SHORT_READ, sqlite3.SQLITE_IOERR_CORRUPTFS})
_DAMAGED_PRIMARY = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


class DiskFull(Exception):
    """A file below `directory` cannot grow; `free`: bytes left on its disk; `retry_after`: seconds."""

    def __init__(self, directory: Path, free: int, found: str = "") -> None:
        self.directory, self.free, self.found = directory, free, found
        self.retry_after = 5.0
        cause = f" ({found})" if found else ""
        Exception.__init__(self, f"the disk of {directory} is full{cause}: {free:,} bytes are free; free some")


class Damaged(Exception):
    """`file` is damaged: `found` is what was detected, `remedy` an imperative."""

    def __init__(self, file: Path | str, found: str, remedy: str) -> None:
        self.file, self.found, self.remedy = str(file), found, remedy
        Exception.__init__(self, f"{file} is damaged ({found}): {remedy}")


def sqlite_fault(error: BaseException, file: Path, *, remedy: str, full: type[F], damaged: type[D]) -> F | D | None:
    """The fault of the file that an error of SQLite reports; None when it is neither."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        # The one error about stored data that the driver raises without a code.
        return damaged(file, str(error), remedy) if "Could not decode to UTF-8" in str(error) else None
    if code in _DAMAGED or code & 0xFF in _DAMAGED_PRIMARY:
        return damaged(file, str(error), remedy)
    free = free_bytes(file.parent)
    cannot_make = code & 0xFF == sqlite3.SQLITE_CANTOPEN and file.parent.is_dir() and free < _NOTHING
    if code in _FULL or cannot_make:
        return full(file.parent, free, str(error))
    return None


def free_bytes(directory: Path) -> int:
    """Bytes that we may still write below `directory`; 0 when that cannot be determined."""
    try:
        disk = os.statvfs(directory)
    except OSError:
        return 0
    return disk.f_bavail * disk.f_frsize


class Disk:
    """Whether at least `floor` bytes are free below `directory`; checks at most ten times a second."""

    def __init__(
        self,
        directory: Path,
        *,
        floor: int,
        free: Callable[[Path], int] = free_bytes,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.directory, self.floor = directory, floor
        self._ask, self._monotonic = free, monotonic
        self._free, self._asked = 0, -float("inf")

    def free(self) -> int:
        now = self._monotonic()
        if now - self._asked >= _LOOK_SECONDS:
            self._free, self._asked = self._ask(self.directory), now
        return self._free

    def is_full(self) -> bool:
        return self.floor > 0 and self.free() < self.floor

    def shortage(self) -> str:
        """The condition that failed, for messages."""
        return f"less than the {self.floor:,} bytes that are kept back"
