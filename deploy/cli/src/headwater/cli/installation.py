"""The stores of an installation, for commands that work on them directly.

Embedded: a data directory, running or not. Distributed: HEADWATER_MODE=distributed and the same
HEADWATER_… variables that the services read.
"""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import click
from msgspec import Meta

from headwater.bus.port import Bus
from headwater.contracts.times import utc_now
from headwater.embedded.data_dir import DataDir, default_data_dir
from headwater.graph.port import GraphStore
from headwater.runtime.settings import Secret, ServiceSettings, SettingsError, load, mode_of

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from headwater.graph.neo4j import Neo4jGraph
    from headwater.runtime.storage.transactions import Database

ACTOR = "cli"
"""The actor in the audit trail for uses of the command."""

data_dir_option = click.option(
    "--data-dir", type=click.Path(path_type=Path), help="Data directory of the installation (embedded mode)."
)


class Settings(ServiceSettings, frozen=True, kw_only=True):
    """The addresses of the stores of a distributed installation."""

    kafka_bootstrap: Annotated[str, Meta(description="brokers as host:port, separated by commas")] = "127.0.0.1:9092"
    neo4j_uri: Annotated[str, Meta(description="Bolt address of Neo4j")] = "bolt://127.0.0.1:7687"
    neo4j_user: Annotated[str, Meta(description="user in Neo4j")] = "neo4j"
    neo4j_password: Annotated[Secret, Meta(description="password in Neo4j")] = Secret("")
    database_url: Annotated[Secret, Meta(description="SQLAlchemy address of PostgreSQL")] = Secret("")
    pepper: Annotated[Secret, Meta(description="secret for digests of API keys")] = Secret("")


def is_distributed(data_dir: Path | None) -> bool:
    """Whether a command is for a distributed installation: by the environment, without a given directory.

    Raises SettingsError when HEADWATER_MODE is not a mode.
    """
    return data_dir is None and mode_of() == "distributed"


class Installation:
    """Opens one store at a time; each context manager closes what it opened."""

    def __init__(self, data_dir: Path | None) -> None:
        self.distributed = is_distributed(data_dir)
        self.data = DataDir((data_dir or default_data_dir()).absolute())
        try:
            self.settings = load(Settings) if self.distributed else Settings()
        except SettingsError as error:
            raise click.ClickException(str(error)) from None
        if not self.distributed and not self.data.bus.is_dir():
            raise click.ClickException(f"{self.data.root} has no installation: give one with --data-dir")

    @contextmanager
    def bus(self) -> Iterator[Bus]:
        bus: Bus
        if self.distributed:
            from headwater.bus.kafka import KafkaBus

            bus = KafkaBus(self.settings.kafka_bootstrap, client_id="headwater-command")
        else:
            from headwater.bus.embedded import EmbeddedBus

            bus = EmbeddedBus(self.data.bus)
        try:
            yield bus
        finally:
            bus.close()

    @contextmanager
    def neo4j(self) -> Iterator["Neo4jGraph"]:
        """The graph of a distributed installation."""
        from headwater.graph.neo4j import Neo4jGraph

        graph = Neo4jGraph(self.settings.neo4j_uri, self.settings.neo4j_user, self.settings.neo4j_password.reveal())
        try:
            yield graph
        finally:
            graph.close()

    @contextmanager
    def graph(self, *, path: Path | None = None, read_only: bool = True) -> Iterator[GraphStore]:
        """The graph; `path`: another file instead of the installation's own (embedded)."""
        if self.distributed:
            with self.neo4j() as neo4j:
                yield neo4j
            return
        from headwater.graph.sqlite import EmbeddedGraph

        graph = EmbeddedGraph(path or self.data.graph, read_only=read_only)
        try:
            yield graph
        finally:
            graph.close()

    @contextmanager
    def tables(self, database: "Database") -> Iterator["Engine"]:
        """The tables of a service, at their newest version."""
        engine = database.open(self.database_url(database.name))
        try:
            yield engine
        finally:
            engine.dispose()

    def database_url(self, service: str) -> str:
        return self.settings.database_url.reveal() if self.distributed else self.data.database_url(service)

    def pepper(self) -> Secret:
        return self.settings.pepper if self.distributed else Secret(self.data.secret("pepper"))


def record_act(bus: Bus, action: str, thing: str, detail: Mapping[str, str] | None = None) -> None:
    """Send an audit event of this command. Durable on return; raises Unavailable."""
    from headwater.bus.audit_log import AuditLog
    from headwater.contracts.audit import AuditEvent

    event = AuditEvent(
        id=uuid.uuid4().hex,
        at=utc_now(),
        actor=ACTOR,
        action=action,
        object=thing,
        outcome="done",
        service=ACTOR,
        detail=dict(detail or {}),
    )
    AuditLog(bus.producer()).record(event)
