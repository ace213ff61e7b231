"""One program of the product as a process: started, checked for readiness, restarted, stopped."""

import signal
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from headwater.local.errors import StartError
from headwater.local.processes import Identity, end, kill_group, spawn

_STOP_SECONDS = 15
_LOG_LINES = 25
_ASK_SECONDS = 1.0


@dataclass
class Program:
    """`ready_url` answers 200 when the program can do its work."""

    name: str
    argv: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    ready_url: str
    identity: Identity | None = None

    def launch(self) -> None:
        """Raises StartError."""
        self.identity = spawn(self.argv, log=self.log, environment=dict(self.environment))

    @property
    def put_down(self) -> bool:
        return False

    def running(self) -> bool:
        return self.identity is not None and self.identity.alive()

    def wait_ready(self, limit: float) -> None:
        """Until it is ready. `limit`: on the monotonic clock. Raises StartError with its last log lines."""
        while (problem := unready(self.ready_url)) is not None:
            if not self.running():
                raise StartError(f"{self.name} ended while starting\n{self.last_log_lines()}")
            if time.monotonic() > limit:
                raise StartError(f"{self.name} is not ready: {problem}\n{self.last_log_lines()}")
            time.sleep(0.1)

    def ready(self) -> bool:
        return unready(self.ready_url, seconds=_ASK_SECONDS) is None

    def relaunch(self) -> None:
        """Start it again, without the workers that it left behind when it died. Raises StartError."""
        if self.identity is not None:
            kill_group(self.identity)
        self.launch()

    def stop(self) -> None:
        if self.identity is not None:
            end(self.identity, first=signal.SIGTERM, seconds=_STOP_SECONDS)
            kill_group(self.identity)

    def last_log_lines(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()[-_LOG_LINES:]
        return "\n".join([f"last lines of {self.log}:", *lines])


def unready(url: str, *, seconds: float = 5) -> str | None:
    """None when the address answers 200 in time, else why it does not."""
    try:
        with urllib.request.urlopen(url, timeout=seconds) as answer:
            return None if answer.status == 200 else f"{url} answers {answer.status}"
    except urllib.error.HTTPError as error:
        with error:
            return f"{url} answers {error.code}: {error.read(500).decode(errors='replace')}"
    except OSError as error:
        return f"{url}: {error}"
