"""What every embedded process does at its start: take its socket, take its turn, say that it is ready."""

import contextlib
import fcntl
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import msgspec

from headwater.embedded.plan import Report


def inherited_listener(descriptor: int) -> socket.socket:
    """The listening socket that the supervisor holds open, so that no connection is refused while we restart."""
    return socket.socket(fileno=os.dup(descriptor))


def report(descriptor: int, told: Report) -> None:
    """One line to the supervisor."""
    os.write(descriptor, msgspec.json.encode(told) + b"\n")
    os.close(descriptor)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """One process at a time: two must not migrate the same tables."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
