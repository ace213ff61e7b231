"""One directory holds everything durable of an embedded installation."""

import contextlib
import os
import secrets
import shlex
import sqlite3
import sys
from pathlib import Path
from typing import NamedTuple

import msgspec


class DataDirError(Exception):
    """A directory that a command cannot work on, with the remedy, in one line."""


def default_data_dir() -> Path:
    """`$XDG_DATA_HOME/headwater`, else `~/.local/share/headwater`, else `./headwater-data` without a home."""
    if base := os.environ.get("XDG_DATA_HOME"):
        return Path(base) / "headwater"
    if home := os.environ.get("HOME"):
        return Path(home) / ".local" / "share" / "headwater"
    return Path("headwater-data")


class Running(msgspec.Struct):
    """The description of a running product."""

    url: str
    pid: int


class DataDir(NamedTuple):
    """The paths in a data directory."""

    root: Path

    @property
    def bus(self) -> Path:
        return self.root / "bus"

    @property
    def graph(self) -> Path:
        return self.root / "graph.db"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def producer_key(self) -> Path:
        return self.root / "producer.key"

    @property
    def sample_key(self) -> Path:
        return self.root / "secrets" / "sample.key"

    @property
    def running(self) -> Path:
        """JSON about the running product: its address and process id."""
        return self.root / "running.json"

    @property
    def lock(self) -> Path:
        return self.root / "lock"

    @property
    def maintenance_request(self) -> Path:
        """Created by a command that requests the directory from the running product."""
        return self.root / "maintenance-request"

    @property
    def story(self) -> Path:
        """JSON about the sample story in this installation."""
        return self.root / "sample.json"

    @property
    def set_up(self) -> Path:
        """Contains the newest start whose tables, topics and indexes were complete."""
        return self.root / "set-up"

    @property
    def faults(self) -> Path:
        """One file per process about damage it has found."""
        return self.root / "faults"

    @property
    def rebuilt(self) -> Path:
        """The graph that a rebuild fills, until it replaces the graph."""
        return self.root / "graph.rebuild.db"

    def database(self, service: str) -> Path:
        """Each service owns one SQLite file."""
        return self.root / f"{service}.db"

    def database_url(self, service: str) -> str:
        return f"sqlite:///{self.database(service)}"

    def prepare(self) -> None:
        """Make the directories, readable by their owner alone."""
        for path in (self.root, self.bus, self.logs, self.root / "secrets"):
            path.mkdir(parents=True, exist_ok=True)
            path.chmod(0o700)

    def secret(self, name: str) -> str:
        """A random secret, made at its first use and kept in a file of mode 0600."""
        path = self.root / "secrets" / name
        if not path.exists():
            write_private(path, secrets.token_urlsafe(32))
        return path.read_text().strip()


def find_running(data_dir: Path | None) -> tuple[DataDir, str]:
    """The data directory and address of the product that runs there. Raises DataDirError when none does."""
    data = DataDir((data_dir or default_data_dir()).absolute())
    try:
        running = msgspec.json.decode(data.running.read_bytes(), type=Running)
    except (OSError, msgspec.DecodeError):
        raise DataDirError(
            f"nothing runs from {data.root}: start it with headwater up, or give its directory with --data-dir"
        ) from None
    return data, running.url


def checkpoint(data: DataDir) -> None:
    """Write write-ahead logs back, so that each database is one file again.

    Call when no other process has the files open. Damaged files, and those on a full disk, stay as they are.
    """
    for directory in (data.root, data.bus, data.bus / "groups"):
        for wal in sorted(directory.glob("*.db-wal")):
            file = wal.with_name(wal.name.removesuffix("-wal"))
            with (
                contextlib.suppress(sqlite3.Error),
                contextlib.closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=rw", uri=True)) as connection,
            ):
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def remove_database(path: Path) -> None:
    """A SQLite file with its companions."""
    for name in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
        name.unlink(missing_ok=True)


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read; never readable by others, not even for a moment."""
    staged = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text + "\n")
        staged.replace(path)
    except OSError:
        staged.unlink(missing_ok=True)
        raise


def lost_key_message(data: DataDir) -> str:
    """What to do about a producer key whose file is gone: its secret was shown once and is stored nowhere else."""
    made = ["key", "create", "producer", "--annotate", "", "--output", str(data.producer_key)]
    remedy = shlex.join(["headwater", *made, "--data-dir", str(data.root)])
    return (
        f"{data.producer_key} is missing, and its key cannot be shown again. Make a new one: {remedy} "
        f"(headwater key list shows the lost one, headwater key revoke revokes it)"
    )


def in_use_message(data: DataDir) -> str:
    """The message for opening a data directory twice."""
    try:
        running = msgspec.json.decode(data.running.read_bytes(), type=Running)
    except (OSError, msgspec.DecodeError):
        who = "another headwater"
    else:
        who = f"process {running.pid}, which answers at {running.url}"
    return f"the data directory {data.root} is in use by {who}: stop that one, or pass another --data-dir"


if sys.platform == "win32":  # pragma: no cover
    raise ImportError("headwater runs on Linux and macOS")
