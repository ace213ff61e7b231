"""The look-ups that a store must provide, from which `reader.py` answers every query of the port.

All ids are public ids. Every look-up reads a consistent committed state. Lists are in the order stated, else in any
order. Look-ups do not depend on the principal, except `search_nodes` and `list_runs`, which must filter before they
apply limits: they get `namespaces`, those that the principal may see (None: all).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

from headwater.contracts.identity import Extent
from headwater.contracts.keys import NodeKey
from headwater.graph.deriving.changes import Interval, Link, StoredNode

Namespaces = Extent | None


class NodeRecord(NamedTuple):
    """A `NodeRow` as stored, without its state and search text."""

    id: str
    key: NodeKey
    kind: str
    label: str
    status: str | None
    first_seen: int
    last_seen: int
    card: bytes
    merged_into: str | None


class Step(NamedTuple):
    """One flow in a walk, in the direction of the data. `inputs` and `outputs`: all, or those requested."""

    flow: str
    process: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    valid: tuple[Interval, ...]
    confirmed_at: int | None
    last_run: str | None
    last_at: int | None


class LinkRecord(NamedTuple):
    """See `changes.LinkRow`."""

    source: str
    type: str
    target: str
    since: int
    last_run: str | None

    @property
    def link(self) -> Link:
        return (self.source, self.type, self.target)


class ColumnRecord(NamedTuple):
    """See `changes.Transform`; `valid` is that of the claim."""

    source: str
    source_column: str | None
    target: str
    target_column: str | None
    transformations: bytes
    valid: tuple[Interval, ...]


class RunRecord(NamedTuple):
    """A `RunRow` as stored, without its state."""

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


class Hit(NamedTuple):
    """A search result. `rank`: 0 the label ends with the text, 1 it contains it, each at the beginning of a piece, 2
    the name contains it (casefolded)."""

    rank: int
    node: NodeRecord


class RunFilter(NamedTuple):
    """`since` <= seen < `until`; `after`: the (seen, id) of the last row of the page before.

    `run_id`: as the producer sent it.
    """

    job: str | None
    state: str | None
    since: int | None
    until: int | None
    after: tuple[int, str] | None
    run_id: str | None = None


class Reading(Protocol):
    """The look-ups of a store."""

    def moment(self) -> AbstractContextManager[None]:
        """Look-ups inside read one committed state, as far as the store supports it. May be nested."""
        ...

    def nodes(self, ids: Collection[str]) -> Mapping[str, NodeRecord]: ...

    def states(self, ids: Collection[str]) -> Mapping[str, StoredNode]: ...

    def facets(self, ids: Collection[str]) -> Iterable[tuple[str, str, bytes]]:
        """(node, facet name, value)."""
        ...

    def aliases(self, node: str) -> list[str]:
        """Nodes merged into this one."""
        ...

    def search_nodes(
        self,
        text: str,
        *,
        kinds: Collection[str],
        namespace: str | None,
        statuses: Collection[str],
        namespaces: Namespaces,
        after: tuple[int, str, str, str] | None,
        limit: int,
    ) -> list[Hit]:
        """Unmerged nodes whose `NodeRow.text` contains `text` (casefolded already), by (rank, casefolded name,
        namespace, id), each compared by code point, after the given tuple. Empty text: all, with rank 2.
        `statuses`: only these, if any are given."""
        ...

    def expand(self, nodes: Collection[str], *, down: bool, limit: int) -> list[Step]:
        """Flows that read (down) or write (not down) one of the nodes: the near side has only those nodes, the far side
        all. At most `limit` (least flow ids first)."""
        ...

    def steps_of(self, process: str, *, limit: int) -> list[Step]:
        """Flows of a process, both sides complete. At most `limit` (least flow ids first)."""
        ...

    def links(self, nodes: Collection[str]) -> list[LinkRecord]:
        """Links that begin or end at one of the nodes."""
        ...

    def columns_at(self, nodes: Collection[str], *, down: bool, limit: int) -> list[ColumnRecord]:
        """Column edges whose source (down) or target (not down) is one of the datasets."""
        ...

    def list_runs(self, query: RunFilter, *, namespaces: Namespaces, limit: int) -> list[RunRecord]:
        """By (seen, id), greatest first."""
        ...

    def run_records(self, ids: Collection[str]) -> Mapping[str, RunRecord]: ...

    def run_state(self, run: str) -> tuple[bytes, bytes] | None:
        """(core, facets)."""
        ...

    def children(self, run: str, *, limit: int) -> list[RunRecord]: ...

    def flows_by_id(self, flows: Collection[str]) -> list[Step]: ...

    def tallies(self) -> Mapping[tuple[str, str], int]:
        """The sums of all `Changes.tally`."""
        ...

    def change(self) -> int: ...

    def all_nodes(self) -> Iterator[tuple[NodeRecord, bytes]]:
        """Every node with its state."""
        ...

    def all_facets(self) -> Iterator[tuple[str, str, bytes]]: ...

    def all_runs(self) -> Iterator[tuple[RunRecord, bytes]]:
        """Every run with its facets."""
        ...

    def all_steps(self) -> Iterator[Step]: ...

    def all_links(self) -> Iterator[LinkRecord]: ...

    def all_columns(self) -> Iterator[ColumnRecord]: ...
