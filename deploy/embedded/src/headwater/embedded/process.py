"""The start of every embedded process: take its socket, wait for the stores, report that it is ready."""

import contextlib
import os
import socket
import time
from collections.abc import Iterator

import msgspec

from headwater.embedded.data_dir import DataDir, write_private
from headwater.embedded.faults import exit_code
from headwater.embedded.start import Report, StartOptions
from headwater.runtime.logs import lines as logs
from headwater.runtime.stop import StopSignal

SET_UP_SECONDS = 170.0


def inherited_listener(descriptor: int) -> socket.socket:
    """The listening socket that the supervisor holds open, so that no connection is refused while we restart."""
    return socket.socket(fileno=os.dup(descriptor))


def report(descriptor: int, sent: Report) -> None:
    """Send one line to the supervisor."""
    os.write(descriptor, msgspec.json.encode(sent) + b"\n")
    os.close(descriptor)


@contextlib.contextmanager
def reporting_failure(options: StartOptions, name: str) -> Iterator[None]:
    """Around a start: an error is logged in full, reported to the supervisor in one line, and ends the process."""
    try:
        yield
    except Exception as error:
        logs.get_logger(name).exception("start_failed", exc_info=error)
        report(options.report, Report(ready=False, error=reason(error)))
        raise SystemExit(exit_code(error)) from None


def reason(error: Exception) -> str:
    """The message of an error, in one line."""
    found = getattr(error, "orig", None) or error
    lines = [line.strip() for line in str(getattr(error, "detail", None) or found).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__


def announce_set_up(data: DataDir, options: StartOptions) -> None:
    """Announce that the tables, topics and indexes of this start are complete."""
    write_private(data.set_up, options.start)


def await_set_up(data: DataDir, options: StartOptions, stop: StopSignal) -> None:
    """Wait until another process has announced them. Raises TimeoutError, immediately on the stop signal."""
    deadline = time.monotonic() + SET_UP_SECONDS
    while time.monotonic() < deadline and not stop.is_set():
        with contextlib.suppress(OSError):
            if data.set_up.read_text().strip() == options.start:
                return
        time.sleep(0.01)
    raise TimeoutError("tables and topics were not ready in time; see workers.log")
