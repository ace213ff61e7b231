"""Shared by Kafka, Neo4j and PostgreSQL: prepare once, start, wait by protocol, stop, kill, start again."""

import json
import os
import signal
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from headwater.local.errors import StartError
from headwater.local.ports import free_port
from headwater.local.processes import Identity, end, kill9, kill_group, spawn

_LOG_LINES = 20


class Server(ABC):
    """One server in a directory of its own.

    Its ports and passwords are chosen once and kept in `state.json`, so that it comes back where it was, and so that
    any process that knows the directory can stop, kill and restart it. Not for concurrent use on one directory.
    """

    name: str
    start_seconds: float = 300
    stop_signal = signal.SIGTERM
    stop_seconds: float = 60

    def __init__(self, directory: Path, *, tied: bool = True) -> None:
        self.directory = directory
        self._tied = tied
        self._state_file = directory / "state.json"

    @property
    def log(self) -> Path:
        return self.directory / "server.log"

    @property
    def state(self) -> dict[str, Any]:
        """What was chosen for this server: ports, secrets, the identity of its process."""
        return json.loads(self._state_file.read_text()) if self._state_file.exists() else {}

    def prepare(self) -> None:
        """Fetch artefacts and write configuration; does nothing the second time. Safe on any thread."""
        if self.state.get("prepared"):
            return
        self.directory.mkdir(parents=True, exist_ok=True)
        chosen = self.configure()
        self._remember(prepared=True, **chosen)

    def launch(self) -> None:
        """Start the process and return at once; on the main thread the process is tied to this one."""
        if self.running():
            return
        identity = spawn(
            self.command(), log=self.log, environment=self.environment(), tied=self._tied, **self.credentials()
        )
        self._remember(process=asdict(identity), put_down=False)

    def relaunch(self) -> None:
        """Start it again after it died, without the children that it left behind. Raises StartError."""
        identity = self.identity()
        if identity is not None and not identity.alive():
            kill_group(identity)
        self.launch()

    def wait_ready(self, seconds: float | None = None) -> None:
        """Until the server answers in its own protocol; StartError after the deadline or when the process ends."""
        limit = time.monotonic() + (seconds or self.start_seconds)
        while not self.ready():
            if not self.running():
                raise StartError(f"{self.name} ended while starting\n{self.last_log_lines()}")
            if time.monotonic() > limit:
                raise StartError(
                    f"{self.name} did not answer in {seconds or self.start_seconds:.0f} s\n{self.last_log_lines()}"
                )
            time.sleep(0.1)
        self.after_ready()

    def start(self) -> None:
        """Prepare, launch, wait until ready."""
        self.prepare()
        self.launch()
        self.wait_ready()

    def running(self) -> bool:
        identity = self.identity()
        return identity is not None and identity.alive()

    @property
    def put_down(self) -> bool:
        """Whether `stop` or `kill9` ended it, and nobody has started it since."""
        return bool(self.state.get("put_down"))

    def stop(self) -> None:
        """An orderly stop with a deadline, children included."""
        identity = self.identity()
        if identity is not None:
            self._remember(put_down=True)
            end(identity, first=self.stop_signal, seconds=self.stop_seconds)

    def kill9(self) -> None:
        """`kill -9`; returns when the process and its children are gone, so that `start()` may follow."""
        identity = self.identity()
        if identity is not None:
            self._remember(put_down=True)
            kill9(identity)

    def identity(self) -> Identity | None:
        process = self.state.get("process")
        return Identity(**process) if process else None

    def last_log_lines(self) -> str:
        if not self.log.exists():
            return "(no log)"
        lines = self.log.read_text(errors="replace").splitlines()[-_LOG_LINES:]
        return "\n".join([f"last lines of {self.log}:", *lines])

    @abstractmethod
    def configure(self) -> dict[str, Any]:
        """Write configuration and data directory; returns what to remember. Must name a `port`."""

    @abstractmethod
    def command(self) -> Sequence[str | Path]: ...

    @abstractmethod
    def ready(self) -> bool: ...

    def after_ready(self) -> None:  # noqa: B027  # most servers have nothing left to do
        """Set up a server that answers; must be idempotent."""

    def environment(self) -> dict[str, str]:
        return {"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8", "TZ": "UTC"}

    def credentials(self) -> dict[str, int]:
        """`user` and `group` to run as, when not our own."""
        return {}

    def choose_port(self) -> int:
        return free_port()

    def _remember(self, **values: Any) -> None:
        content = json.dumps({**self.state, **values}, indent=2)
        temporary = self._state_file.with_suffix(".new")
        temporary.touch(mode=0o600)
        temporary.write_text(content)
        temporary.replace(self._state_file)
