"""The port of graph stores.

Reads take `visible`, the principal's grants: hidden nodes are walked through as anonymous
`restricted` nodes, limits apply after filtering. Results are the types of `contracts.api`, so that both stores and both
modes return the same. `id` is always `contracts.keys.node_id`.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from headwater.contracts.api.graph import (
    ColumnScene,
    GraphStats,
    NodeDetail,
    RunDetail,
    RunPage,
    Scene,
    SearchPage,
)
from headwater.contracts.api.models import ModelDetail, ModelPage
from headwater.contracts.identity import Visible
from headwater.graph.state.facts import Fact


class Source(NamedTuple):
    """A partition of the bus."""

    topic: str
    partition: int


class Applied(NamedTuple):
    """`change`: the graph's change number after this batch; `touched`: ids of nodes whose display may have changed."""

    change: int
    touched: tuple[str, ...]


def first_change(now: int) -> int:
    """The change number of a graph created at `now`, microseconds UTC: above all numbers of a graph that it replaces.
    Responses are cached by this number, and one of the old graph must not be taken for one of the new.
    """
    return now // 1_000


class SceneQuery(NamedTuple):
    """`up`, `down`: hops (data to process to data is one hop). `as_of`: microseconds UTC or None for now.
    `kinds`: show only these (walks pass through the others). `limit`: nodes."""

    focus: str
    up: int = 1
    down: int = 1
    as_of: int | None = None
    kinds: frozenset[str] = frozenset()
    limit: int = 500


class GraphWriter(Protocol):
    """The active writer of a graph."""

    def ensure_schema(self) -> None: ...

    def acquire(self, owner: str) -> int:
        """Become the active writer and return the epoch; every earlier writer is fenced from then on."""
        ...

    def offsets(self) -> dict[Source, int]:
        """The next offset to apply for each source, as stored beside the graph."""
        ...

    def apply(self, facts: Sequence[Fact], offsets: Mapping[Source, int]) -> Applied:
        """Add facts and move the offsets in one transaction. Safe to repeat: facts are sets, offsets only grow.

        Raises GraphUnavailable (try again later), BatchRefused (never try again), BatchFailed (try a smaller batch) or
        Fenced (another writer took over).
        """
        ...


class GraphReader(Protocol):
    def check(self) -> None:
        """The readiness check: raises GraphUnavailable when the store cannot answer."""
        ...

    def get(self, node: str, *, visible: Visible) -> NodeDetail | None: ...

    def sees(self, node: str, *, visible: Visible) -> bool:
        """Whether the node exists and is visible: as `get`, without reading its details."""
        ...

    def find(self, kind: str, namespace: str, name: str, *, visible: Visible) -> NodeDetail | None: ...

    def search(
        self,
        text: str,
        *,
        kinds: Collection[str] = (),
        namespace: str | None = None,
        statuses: Collection[str] = (),
        limit: int = 20,
        cursor: str | None = None,
        visible: Visible,
    ) -> SearchPage:
        """Nodes whose name contains `text` (any case); all when it is empty. Ordered by rank, then name.

        The first page begins, in addition to `limit`, with the newest runs whose OpenLineage run id is `text`.

        `namespace` selects those that begin with it; `statuses` selects those in one of them: a job is in the state of
        its latest run, a model or version in the worst state of its alerts. Raises CursorRefused."""
        ...

    def scene(self, query: SceneQuery, *, visible: Visible) -> Scene | None:
        """None when the focus does not exist or is hidden."""
        ...

    def columns(
        self, focus: str, column: str | None, *, up: int, down: int, as_of: int | None, limit: int, visible: Visible
    ) -> ColumnScene | None: ...

    def runs(
        self,
        *,
        run_id: str | None = None,
        job: str | None = None,
        state: str | None = None,
        since: int | None = None,
        until: int | None = None,
        limit: int = 50,
        cursor: str | None = None,
        visible: Visible,
    ) -> RunPage:
        """Newest first. `run_id`: as the producer sent it; several jobs may use it. Raises CursorRefused."""
        ...

    def run(self, node: str, *, visible: Visible) -> RunDetail | None: ...

    def models(
        self, *, text: str | None = None, limit: int = 50, cursor: str | None = None, visible: Visible
    ) -> ModelPage: ...

    def model(self, node: str, *, visible: Visible) -> ModelDetail | None: ...

    def stats(self, *, visible: Visible) -> GraphStats: ...

    def change(self) -> int:
        """The change number: increases with every applied batch that changed something."""
        ...

    def export(self) -> Iterator[bytes]:
        """Canonical NDJSON lines, sorted bytewise, without line ends."""
        ...


class GraphStore(GraphWriter, GraphReader, Protocol):
    def close(self) -> None: ...
