"""The facts that events assert: the only input of a graph store.

A fact depends only on its event, never on earlier ones, so facts may be applied in any order, any number of times, in
any batches, with the same resulting graph.

Every fact carries a stamp (event time in microseconds, event id). Sets only grow; a single
value belongs to the greatest stamp (last writer wins). Datasets and jobs are named by
(namespace, name); a run by (job namespace, job name, run id), as several jobs may use one run id.
"""

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

EntityKey = tuple[str, str]
RunKey = tuple[str, str, str]
Facets = Mapping[str, bytes | None]
"""Facet name to the sender's own JSON bytes; None where the event deletes the facet."""


class Stamp(NamedTuple):
    """When and by which event a fact was asserted: the order of "last writer wins" everywhere."""

    time: int
    event: str


class FacetValues(dict[str, bytes | None]):
    """Facets with a mark of each value: within one process equal marks are equal values."""

    __slots__ = ("marks",)

    def __init__(self, values: Facets) -> None:
        super().__init__(values)
        self.marks: dict[str, int] = {name: 0 if value is None else hash(value) for name, value in values.items()}


def marks_of(facets: Facets) -> dict[str, int]:
    return facets.marks if type(facets) is FacetValues else FacetValues(facets).marks


class ColumnSource(msgspec.Struct, frozen=True, gc=False):
    """One output's column lineage as sent. `digest` is that of the bytes; `sources` lists the datasets read."""

    output: EntityKey
    digest: str
    sources: tuple[EntityKey, ...]
    raw: bytes


class Group(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """An exact statement of the `lineage` facet: these inputs reach these outputs through `process`."""

    process: EntityKey
    inputs: tuple[EntityKey, ...]
    outputs: tuple[EntityKey, ...]


class RunFact(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What one event asserts about one run.

    `explicit` is not None when the event carries a `lineage` facet. `streaming`: the job does not end,
    so lineage is confirmed by START. `snapshot`: inputs and outputs replace those of earlier events. `facets` contains
    run facets by name, and the facets of inputs and outputs that belong to this run by `io_facet_name`.
    """

    key: RunKey
    stamp: Stamp
    type: str | None = None
    producer: str | None = None
    streaming: bool = False
    snapshot: bool = False
    inputs: tuple[EntityKey, ...] = ()
    outputs: tuple[EntityKey, ...] = ()
    explicit: tuple[Group, ...] | None = None
    columns: tuple[ColumnSource, ...] = ()
    facets: Facets = {}
    parent: RunKey | None = None
    root: RunKey | None = None


class JobFact(msgspec.Struct, frozen=True, gc=False):
    """A job was seen, with these facets."""

    key: EntityKey
    stamp: Stamp
    facets: Facets = {}


class DatasetFact(msgspec.Struct, frozen=True, gc=False):
    """A dataset was seen, with these facets. `links`: other identities of it (symlinks, the name before a rename).

    `dropped`: it was dropped at the stamp's time.
    """

    key: EntityKey
    stamp: Stamp
    facets: Facets = {}
    links: tuple[EntityKey, ...] = ()
    dropped: bool = False


class StaticFact(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Lineage declared without a run, by a job event (`job` set) or a dataset event (`dataset` set).

    It replaces the owner's earlier declaration, and is valid until the next one.
    """

    stamp: Stamp
    job: EntityKey | None = None
    dataset: EntityKey | None = None
    inputs: tuple[EntityKey, ...] = ()
    outputs: tuple[EntityKey, ...] = ()
    explicit: tuple[Group, ...] | None = None
    columns: tuple[ColumnSource, ...] = ()


class ModelFact(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One event in the life cycle of a model version.

    `about`: JSON object with the event's fields about the model (task, label_set, description, …);
    `details`: the same for the version (artifact_digest, metrics, features, …).
    """

    model: EntityKey
    version: str
    stamp: Stamp
    action: str
    run: RunKey | None = None
    datasets: tuple[EntityKey, ...] = ()
    output: EntityKey | None = None
    about: bytes = b"{}"
    details: bytes = b"{}"


class OutputFact(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A model version writes its predictions to a dataset."""

    model: EntityKey
    version: str
    stamp: Stamp
    output: EntityKey
    run: RunKey | None = None


class MetricFact(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """The value of one unsliced metric in one window, at one revision; None exactly when `reason` is set."""

    model: EntityKey
    version: str
    metric: str
    definition: str
    start: int
    end: int
    revision: int
    computed_at: int
    result: str
    value: float | None = None
    reason: str | None = None
    interval: tuple[float, float] | None = None
    n: int = 0
    labelled: int = 0


class AlertFact(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A rule changed state for a model version, in the window that began at `start`.

    `emitted_at`: the latest for a rule and version applies."""

    model: EntityKey
    version: str
    stamp: Stamp
    rule: str
    metric: str
    state: str
    severity: str
    emitted_at: int = 0
    start: int


Fact = RunFact | JobFact | DatasetFact | StaticFact | ModelFact | OutputFact | MetricFact | AlertFact


def io_facet_name(side: str, dataset: EntityKey, facet: str) -> str:
    """The name of a run's facet of one of its inputs (`in`) or outputs (`out`)."""
    return f"{side}\0{dataset[0]}\0{dataset[1]}\0{facet}"
