"""The declaration of a service: its needs, routes, topics, workers and tasks. Everything else is derived from it."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

from headwater.runtime.hosting.parts import Parts
from headwater.runtime.settings import ServiceSettings
from headwater.runtime.telemetry.series import Metric
from headwater.runtime.web.direct import DirectRoute
from headwater.runtime.web.problem import Problem
from headwater.runtime.web.routes import Routes

if TYPE_CHECKING:
    import sqlalchemy as sa

    from headwater.runtime.storage.transactions import Database


class Needs(NamedTuple):
    """The dependencies of a service; readiness checks each.

    `graph`: to read it, or to be its only writer. `database`: its own tables (a schema of PostgreSQL, or a SQLite
    file).
    `identity`: it checks credentials by auth's feed. `services`: those to which it forwards requests. `audit`: it
    records actions and refusals on `audit.events`, from memory; a service with its own tables does so through its
    outbox.
    """

    bus: bool = False
    graph: Literal["read", "write"] | None = None
    database: "Database | None" = None
    identity: bool = False
    services: tuple[str, ...] = ()
    audit: bool = False


NOTHING = Needs()


class Worker(Protocol):
    """Runs on a thread of its own until the stop signal. A worker that raises ends its program."""

    def run(self) -> None: ...


class Work(NamedTuple):
    """A worker by name, and its factory from the parts of its service; None: not needed with the present settings."""

    name: str
    make: Callable[[Parts], Worker | None]


class Periodic(NamedTuple):
    """A task that runs at an interval in seconds, in one instance at a time. It returns what to log, or nothing."""

    name: str
    seconds: float
    run: Callable[[Parts], object]


def every(
    run: Callable[[Parts], object], *, hours: float = 0, minutes: float = 0, seconds: float = 0, name: str = ""
) -> Periodic:
    """Declare a periodic task, named after its function unless `name` is given. Raises ValueError on no interval."""
    interval = hours * 3600 + minutes * 60 + seconds
    if interval <= 0:
        raise ValueError(f"{run.__name__}: every(…) needs an interval above zero")
    return Periodic(name or run.__name__.strip("_"), interval, run)


@dataclass(frozen=True, kw_only=True, eq=False)
class Service:
    """One program of the product. A module-level value; creating it opens nothing.

    compose: adds the parts that views and workers require beyond `needs`.
    direct: its routes that may be answered without Flask.
    open_permissions: what callers without credentials may do under its settings.
    consumes, produces: topics. reads: those that it consumes under its settings; None: as declared. follows: those that
    every instance reads from their end, without a group.
    forget: deletes all rows of whole namespaces from its tables, in one transaction.
    series: its metrics, beside those of every web application and consumer.
    errors: exceptions that its views may raise, each with the problem it maps to.
    """

    name: str
    about: str
    settings: type[ServiceSettings]
    needs: Needs = NOTHING
    compose: Callable[[Parts], object] = lambda parts: None
    routes: Sequence[Routes] = ()
    direct: Callable[[Parts], Iterable[DirectRoute]] = lambda parts: ()
    open_permissions: Callable[[Any], frozenset[str]] = lambda settings: frozenset()
    consumes: Sequence[str] = ()
    produces: Sequence[str] = ()
    follows: Sequence[str] = ()
    reads: Callable[[Any], Collection[str]] | None = None
    forget: "Callable[[sa.Engine, Collection[str]], None] | None" = None
    workers: Sequence[Work] = ()
    periodic: Sequence[Periodic] = ()
    series: Sequence[Metric] = ()
    errors: Mapping[type[Exception], Callable[[Any], Problem]] = field(default_factory=dict)

    def topics_read(self, settings: Any) -> Sequence[str]:
        """The topics that it consumes under its settings, in order."""
        return sorted(self.consumes if self.reads is None else self.reads(settings))
