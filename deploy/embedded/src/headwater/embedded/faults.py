"""The parts of the product that stopped because of damage, and exit codes for faults that a restart cannot fix.

Each process keeps a small file of its own in `faults/`: readiness, `doctor` and the supervisor's terminal read them.
"""

import contextlib
import errno
import threading
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from headwater.contracts.storage import Damaged, DiskFull
from headwater.embedded.data_dir import DataDir, write_private
from headwater.runtime.stop import StopSignal

EXIT_DAMAGED = 65
EXIT_NO_ROOM = 75
LOOK_SECONDS = 2.0
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class Fault(msgspec.Struct, frozen=True):
    """`part` stopped, or answers 503; `reason` names file and remedy."""

    part: str
    reason: str

    def __str__(self) -> str:
        return f"{self.part} stopped: {self.reason}"


class Faults:
    """Those of one process, none at its start."""

    def __init__(self, data: DataDir, process: str) -> None:
        self._path = data.faults / f"{process}.json"
        self._known: list[Fault] = []
        self._lock = threading.Lock()
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)

    def __bool__(self) -> bool:
        return bool(self._known)

    def report(self, part: str, damage: Damaged) -> None:
        """Once for each part; on a full disk only in the log."""
        fault = Fault(part, str(damage))
        with self._lock:
            if part in {known.part for known in self._known}:
                return
            self._known.append(fault)
            _logger(part).error("stopped_for_damage", reason=fault.reason)
            with contextlib.suppress(OSError):
                self._path.parent.mkdir(mode=0o700, exist_ok=True)
                write_private(self._path, msgspec.json.encode(self._known).decode())

    def watch(self, checks: Mapping[str, Callable[[], object]], stop: StopSignal) -> None:
        """Report what the checks find damaged, from a thread of its own."""

        def look() -> None:
            while not stop.wait(LOOK_SECONDS):
                for part, check in checks.items():
                    try:
                        check()
                    except Damaged as damage:
                        self.report(part, damage)
                    except Exception as error:  # away or full: readiness says so
                        _logger(part).debug("check_failed", reason=str(error))

        threading.Thread(target=look, name="faults", daemon=True).start()


def read_faults(data: DataDir) -> list[Fault]:
    """Of all processes."""
    found: list[Fault] = []
    for path in sorted(data.faults.glob("[!.]*.json")):
        with contextlib.suppress(OSError, msgspec.DecodeError):
            found += msgspec.json.decode(path.read_bytes(), type=list[Fault])
    return found


def exit_code(error: BaseException) -> int:
    """The exit code of a process for this error: 65 damage, 75 disk full, else 1."""
    if isinstance(error, Damaged):
        return EXIT_DAMAGED
    full = isinstance(error, DiskFull) or (isinstance(error, OSError) and error.errno in _NO_ROOM)
    return EXIT_NO_ROOM if full else 1


def _logger(part: str) -> Any:
    """Imported only for logging: the supervisor only reads faults, and must stay small."""
    from headwater.runtime.logs.lines import get_logger

    return get_logger(part)
