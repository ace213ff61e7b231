"""What every embedded process does at its start: take its socket, take its turn, say that it is ready."""

import contextlib
import os
import socket
import time
from pathlib import Path

import msgspec

from headwater.embedded.data_dir import DataDir, write_private
from headwater.embedded.plan import Plan, Report

SET_UP_SECONDS = 50.0


def inherited_listener(descriptor: int) -> socket.socket:
    """The listening socket that the supervisor holds open, so that no connection is refused while we restart."""
    return socket.socket(fileno=os.dup(descriptor))


def report(descriptor: int, told: Report) -> None:
    """One line to the supervisor."""
    os.write(descriptor, msgspec.json.encode(told) + b"\n")
    os.close(descriptor)


def announce_set_up(data: DataDir, plan: Plan) -> None:
    """The tables, topics and indexes of this start are there."""
    write_private(_marker(data), plan.start)


def await_set_up(data: DataDir, plan: Plan) -> None:
    """Wait until another process has announced them. Raises TimeoutError."""
    deadline = time.monotonic() + SET_UP_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            if _marker(data).read_text().strip() == plan.start:
                return
        time.sleep(0.01)
    raise TimeoutError(f"tables and topics were not ready within {SET_UP_SECONDS:g} seconds; see workers.log")


def _marker(data: DataDir) -> Path:
    return data.root / "set-up"
