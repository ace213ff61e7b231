"""A set of servers in one directory."""

import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from operator import methodcaller
from pathlib import Path
from typing import Self

from headwater.local.addresses import Addresses
from headwater.local.kafka import Kafka
from headwater.local.neo4j import Neo4j
from headwater.local.postgres import Postgres
from headwater.local.processes import Identity
from headwater.local.server import Server

NAMES = ("kafka", "neo4j", "postgres")
_PREFIX = "headwater-servers-"


class Servers:
    """Kafka, Neo4j and PostgreSQL, or those of them that are asked for.

    directory: kept when given; else temporary, and removed by `stop()`.
    tied: the servers die with this process; False leaves them running for others, as `up` does.

    >>> with Servers() as servers:            # doctest: +SKIP
    ...     servers.start("kafka").kafka_bootstrap
    """

    def __init__(self, directory: Path | None = None, *, tied: bool = True) -> None:
        self.temporary = directory is None
        if directory is None:
            sweep()
            directory = temporary_directory(os.getpid())
        self.directory = directory.absolute()
        self.kafka = Kafka(self.directory / "kafka", tied=tied)
        self.neo4j = Neo4j(self.directory / "neo4j", tied=tied)
        self.postgres = Postgres(self.directory / "postgres", tied=tied)

    def start(self, *names: str) -> Addresses:
        """Start what is named (all by default) and not running yet; returns when each answers in its protocol.

        Several processes may call it on one directory: one starts, the others wait. Raises LocalError.
        """
        self.directory.mkdir(parents=True, exist_ok=True)
        wanted = [self[name] for name in names or NAMES]
        with self._alone():
            absent = [server for server in wanted if not server.running()]
            _together("prepare", absent)
            for server in absent:
                server.launch()
            _together("wait_ready", absent)
            addresses = self.addresses()
            addresses.save(self.directory / "addresses.json")
        return addresses

    def stop(self) -> None:
        """Stop all that runs. A temporary set is killed and its directory removed."""
        running = [server for server in self if server.running()]
        _together("kill9" if self.temporary else "stop", running)
        if self.temporary:
            shutil.rmtree(self.directory, ignore_errors=True)

    @classmethod
    def discard(cls, directory: Path) -> None:
        """Kill what runs there and remove the directory."""
        servers = cls(directory)
        servers.temporary = True
        servers.stop()

    def addresses(self) -> Addresses:
        """Of the servers that run now."""
        up = {server.name for server in self if server.running()}
        return Addresses(
            kafka_bootstrap=self.kafka.bootstrap if "kafka" in up else "",
            neo4j_uri=self.neo4j.uri if "neo4j" in up else "",
            neo4j_user=self.neo4j.user if "neo4j" in up else "",
            neo4j_password=self.neo4j.password if "neo4j" in up else "",
            postgres_url=self.postgres.url if "postgres" in up else "",
            directory=str(self.directory),
        )

    def __getitem__(self, name: str) -> Server:
        for server in self:
            if server.name == name:
                return server
        raise KeyError(f"no server {name!r}: choose from {', '.join(NAMES)}")

    def __iter__(self) -> Iterator[Server]:
        return iter((self.kafka, self.neo4j, self.postgres))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with (self.directory / "lock").open("a") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield


def temporary_directory(owner: int) -> Path:
    """A new directory that belongs to process `owner`; PostgreSQL, under a user of its own, may pass through it."""
    directory = Path(tempfile.mkdtemp(prefix=_PREFIX))
    directory.chmod(0o711)
    (directory / "owner.json").write_text(json.dumps(asdict(Identity.of(owner))))
    return directory


def sweep() -> list[Path]:
    """Kill and remove temporary sets whose owner is gone; returns what was removed."""
    removed = []
    for directory in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        try:
            owner = Identity(**json.loads((directory / "owner.json").read_text()))
        except (OSError, ValueError, TypeError):
            continue
        if not owner.alive():
            Servers.discard(directory)
            removed.append(directory)
    return removed


def _together(act: str, servers: Iterable[Server]) -> None:
    """Call a method of each server at the same time; the first error is raised when all are done."""
    chosen = list(servers)
    if chosen:
        with ThreadPoolExecutor(len(chosen)) as pool:
            list(pool.map(methodcaller(act), chosen))
