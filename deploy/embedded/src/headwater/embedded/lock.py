"""One program at a time works on a data directory; a running product releases it to a maintenance command and takes it
back.

command                                 supervisor
creates the file `maintenance-request`  ->  stops its processes, releases the lock
takes the lock, works, gives it back -> takes the lock again, removes the file, starts its processes
"""

import contextlib
import fcntl
import time
from collections.abc import Callable, Iterator

from headwater.embedded.data_dir import DataDir, DataDirError, find_running, in_use_message

MAINTENANCE_SECONDS = 60.0
TAKEN_SECONDS = 10.0
BACK_SECONDS = 180.0
PAUSE = 0.02


class DirectoryLock:
    """The system releases it when its holder dies, for whatever reason."""

    def __init__(self, data: DataDir) -> None:
        self._file = data.lock.open("a")

    def take(self, *, seconds: float = 0.0) -> bool:
        """Whether it is ours, now or within `seconds`."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    return False
                time.sleep(PAUSE)
            else:
                return True

    def give(self) -> None:
        fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        self._file.close()


def hand_over(lock: DirectoryLock, data: DataDir, stopping: Callable[[], bool]) -> None:
    """Let the requesting command have the directory, until it releases it, dies or never takes it."""
    lock.give()
    deadline = time.monotonic() + TAKEN_SECONDS
    while time.monotonic() < deadline and not stopping() and data.maintenance_request.exists():
        time.sleep(PAUSE)  # the command removes the file as soon as it holds the lock
    while not lock.take() and not stopping():
        time.sleep(PAUSE)
    data.maintenance_request.unlink(missing_ok=True)


@contextlib.contextmanager
def alone(data: DataDir) -> Iterator[None]:
    """Hold the directory; a running product stops meanwhile, and answers again at the end.

    Raises DataDirError when the directory is in use by a program that does not release it.
    """
    lock = DirectoryLock(data)
    runs = not lock.take()
    try:
        if runs:
            data.maintenance_request.touch(mode=0o600)
            if not lock.take(seconds=MAINTENANCE_SECONDS):
                raise DataDirError(in_use_message(data))
        data.maintenance_request.unlink(missing_ok=True)
        yield
    finally:
        data.maintenance_request.unlink(missing_ok=True)
        lock.close()
    if runs:
        _await_back(data)


def _await_back(data: DataDir) -> None:
    import requests  # slow to load, and the supervisor takes its lock without it

    _, url = find_running(data.root)
    deadline = time.monotonic() + BACK_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(requests.RequestException):
            if requests.get(f"{url}/readyz", timeout=5).ok:
                return
        time.sleep(PAUSE)
    raise DataDirError(f"{url} did not come back within {BACK_SECONDS:g} seconds; its logs are in {data.logs}")
