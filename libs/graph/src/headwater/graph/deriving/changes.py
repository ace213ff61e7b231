"""The boundary between the engine, which decides, and a store, which keeps.

The engine (`engine.py`) has all the rules: it merges facts into states, derives what follows, and passes the store one
`Changes` per batch. To become a graph store an adapter implements `Storage`
(seven look-ups, all inside the transaction that `apply` opened) and the queries of
`lookups.Reading`; `reader.py` then gives it the whole GraphReader by inheritance.

Identities: every id here is a public id (`contracts.keys.node_id`); claim ids are digests of a claim's
content. States are opaque bytes for the adapter. All times are microseconds UTC. A row in `Changes`
replaces the row of the same id in whole; rows that do not appear stay as they are; a row that appears
really differs from what is stored or is new (`new=True`: the store has no such row).

An adapter's `apply(facts, offsets)`, in one transaction:
 1. check the epoch taken by `acquire` (raise Fenced when it has changed);
 2. `changes = engine.plan(facts, storage)`;
 3. write `changes`, move the offsets (never backwards), and add one to the change number when `changes` is not empty;
 4. on any failure call `engine.forget()`: its cache may then contain entries that were never stored.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Protocol

import msgspec

from headwater.contracts.keys import NodeKey

Interval = tuple[int, int | None]
"""Half open [from, to): `to` is None while it is still valid."""


class Transform(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """How one column is derived from another. `transformations`: JSON list, canonical."""

    source: str  # node id of the source dataset
    source_column: str | None  # None: the dataset as a whole
    target_column: str | None  # None: every column of the target
    transformations: bytes


class NodeRow(msgspec.Struct, frozen=True, gc=False):
    """A job, dataset, output, model, model version or metric.

    `kind` is the displayed kind (`Output` for a served dataset, whose `key.kind` stays `DataSource`).
    `card`: JSON object {"tags": [...], "summary": {...}}. `text`: the text that search matches (`folding.search_text`).
    `merged_into`: the id of the node of which this one is another name (not shown itself).
    `renamed`: `text` or `merged_into` of a stored row may have changed; otherwise both are as before (and `text` is
    left empty, unless the row is new).
    """

    id: str
    key: NodeKey
    kind: str
    label: str
    status: str | None
    first_seen: int
    last_seen: int
    card: bytes
    text: str
    merged_into: str | None
    state: bytes
    new: bool
    renamed: bool


class FacetRow(msgspec.Struct, frozen=True, gc=False):
    """The current value of a facet; None removes it."""

    node: str
    name: str
    value: bytes | None


class RunRow(msgspec.Struct, frozen=True, gc=False):
    """A run. `core` and `facets` are its state, kept apart because re-deriving a job reads many cores.

    `seen`: the earliest event time (list order, newest first); `attempts`: JSON list of {state, started_at, ended_at}.
    """

    id: str
    job: str
    namespace: str
    job_name: str
    run_id: str
    state: str
    seen: int
    started_at: int | None
    ended_at: int | None
    conflict: bool
    attempts: bytes
    parent: str | None
    core: bytes
    facets: bytes
    new: bool


class ClaimRow(msgspec.Struct, gc=False, kw_only=True):
    """A flow (`output` is None: `inputs` reach `outputs` through `process`) or the column lineage of one output.

    `owner`: the job (or dataset, for lineage declared by a dataset event) whose events claim it; `process`: the
    node that walks show between the data (usually the owner). The definition (owner, process, inputs, outputs,
    output, transforms) never changes for an id and is set only when `new`; otherwise those fields are empty and
    only valid, confirmed_at, last_run, last_at, confirmations and fold are to be replaced. A claim whose `valid` is
    empty is never valid: readers skip it.
    `confirmed_at`: from when it is confirmed; `last_run`, `last_at`: the node id of the run that confirmed it last,
    and when.
    """

    id: str
    valid: tuple[Interval, ...]
    confirmed_at: int | None
    last_run: str | None
    last_at: int | None
    confirmations: int
    fold: bytes
    new: bool = False
    owner: str = ""
    process: str = ""
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    output: str | None = None
    transforms: tuple[Transform, ...] = ()


class LinkRow(msgspec.Struct, frozen=True, gc=False):
    """A relationship around models: USED_IN, TRAINS, HAS_VERSION, GENERATES or EVALUATED_BY, from `since` on."""

    source: str
    type: str
    target: str
    owner: str
    since: int
    last_run: str | None
    new: bool


Link = tuple[str, str, str]
"""(source id, type, target id)."""


class Changes(msgspec.Struct, gc=False):
    """All that one batch changes, each row at most once.

    Write in this order: nodes, facets, runs, blobs, claims, links; then the removals `gone_claims`, `gone_links`.
    Every node that a claim, run or link names is in the store or in `nodes` (a run's `parent` need not be).
    `tally`: changes of counts, by (what, namespace of the node or of the claim's process): what is a
    displayed kind, `Run`, `Flow`, `FEEDS`, `YIELDS` or a link type.
    """

    nodes: list[NodeRow] = msgspec.field(default_factory=list)
    facets: list[FacetRow] = msgspec.field(default_factory=list)
    runs: list[RunRow] = msgspec.field(default_factory=list)
    blobs: dict[str, bytes] = msgspec.field(default_factory=dict)
    claims: list[ClaimRow] = msgspec.field(default_factory=list)
    gone_claims: list[str] = msgspec.field(default_factory=list)
    links: list[LinkRow] = msgspec.field(default_factory=list)
    gone_links: list[Link] = msgspec.field(default_factory=list)
    tally: dict[tuple[str, str], int] = msgspec.field(default_factory=dict)

    @property
    def empty(self) -> bool:
        return not (
            self.nodes or self.facets or self.runs or self.claims or self.gone_claims or self.links or self.gone_links
        )

    @property
    def touched(self) -> tuple[str, ...]:
        """Ids of nodes and runs whose display may have changed."""
        return tuple(dict.fromkeys([*(n.id for n in self.nodes), *(r.id for r in self.runs)]))


class StoredNode(msgspec.Struct, frozen=True, gc=False):
    key: NodeKey
    state: bytes


class StoredRun(msgspec.Struct, frozen=True, gc=False):
    core: bytes
    facets: bytes


class Storage(Protocol):
    """The look-ups of the engine, within the transaction of `apply`. Missing ids are left out."""

    def load_nodes(self, ids: Collection[str]) -> Mapping[str, StoredNode]: ...

    def load_runs(self, ids: Collection[str]) -> Mapping[str, StoredRun]: ...

    def cores_of(self, job: str) -> Iterable[tuple[str, bytes]]:
        """(run id, core) of every stored run of a job, in any order."""
        ...

    def load_folds(self, claims: Collection[str]) -> Mapping[str, bytes]:
        """`ClaimRow.fold` by claim id."""
        ...

    def claims_of(self, owner: str) -> Collection[str]:
        """Ids of every claim stored for an owner."""
        ...

    def owners_of(self, nodes: Collection[str]) -> Collection[str]:
        """Owners of claims (as input, output or column source or target) and of links that name one of these nodes."""
        ...

    def load_blobs(self, digests: Collection[str]) -> Mapping[str, bytes]: ...
