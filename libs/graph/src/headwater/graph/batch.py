"""The working set of one batch: entities looked up once, changed in place, handed to the store once."""

from collections import OrderedDict
from collections.abc import Collection, Iterable
from functools import lru_cache
from typing import TypeVar

from headwater.contracts.keys import Kind, NodeKey, dataset_key, job_key, node_id, run_key
from headwater.graph.cards import note_facet
from headwater.graph.changes import Changes, Storage
from headwater.graph.facts import EntityKey, Facets, RunKey, Stamp
from headwater.graph.states import (
    DatasetState,
    JobState,
    NodeState,
    RunCore,
    RunFacets,
    decode_core,
    decode_node,
    decode_run_facets,
    encode,
    new_node,
    see,
    see_since,
    winning_facets,
)

_ETL_PROCESS = Kind.ETL_PROCESS.value
_DATA_SOURCE = Kind.DATA_SOURCE.value
_T = TypeVar("_T")


_digest = node_id.__wrapped__  # these functions remember by themselves


@lru_cache(maxsize=131_072)
def dataset_id(key: EntityKey) -> str:
    return _digest(_DATA_SOURCE, key[0], key[1])


@lru_cache(maxsize=65_536)
def job_id(key: EntityKey) -> str:
    return _digest(_ETL_PROCESS, key[0], key[1])


@lru_cache(maxsize=16_384)
def run_id(key: RunKey) -> str:
    return run_key(*key).id


class NodeEntry:
    """A node in memory. `known`: hashes of facet values this process has seen stored. `before`: the state as stored,
    where the batch marks it dirty before it knows whether it will change."""

    __slots__ = (
        "before",
        "card",
        "dirty",
        "facets",
        "id",
        "key",
        "known",
        "label",
        "new",
        "redo",
        "renamed",
        "shown",
        "state",
        "text",
    )

    def __init__(self, node: str, key: NodeKey, state: NodeState, *, new: bool) -> None:
        self.id = node
        self.key = key
        self.state = state
        self.new = new
        self.dirty = False
        self.redo = False
        self.renamed = False
        self.facets: dict[str, bytes | None] = {}
        self.known: dict[str, int] = {}
        self.before: bytes | None = None
        self.label = self.text = ""
        self.card = b""
        self.shown = None if new else self.kind()

    def kind(self) -> str | None:
        """The kind shown; None for another name of a node."""
        state = self.state
        if isinstance(state, DatasetState):
            if state.canonical is not None:
                return None
            return Kind.OUTPUT.value if state.output else _DATA_SOURCE
        return self.key.kind

    def may_change(self) -> None:
        """Mark for writing, if the state then differs from what is stored."""
        if not self.new and not self.dirty:
            self.before = encode(self.state)
        self.dirty = True

    def seen(self, time: int) -> None:
        state = self.state
        if see(state, time, new=self.new and not self.dirty):
            self.dirty = True

    def seen_since(self, time: int) -> None:
        if see_since(self.state, time, new=self.new and not self.dirty):
            self.dirty = True

    def take_facets(self, facets: Facets, stamp: Stamp) -> None:
        """Keep the facets that this stamp decides; remember which values must be written."""
        won = winning_facets(self.state, facets, stamp)
        if not won:
            return
        self.dirty = True
        for name in won:
            value = facets[name]
            mark = 0 if value is None else hash(value)
            if self.known.get(name) != mark:
                self.known[name] = mark
                self.facets[name] = value
                self.card = b""
                note_facet(self.state, name, value)


class RunEntry:
    """A run in memory."""

    __slots__ = ("core", "dirty", "facets", "id", "new", "stale")

    def __init__(self, run: str, core: RunCore, facets: RunFacets, *, new: bool) -> None:
        self.id = run
        self.core = core
        self.facets = facets
        self.new = new
        self.dirty = False
        self.stale: bytes | None = None  # the core before this batch, kept where the timeline may ask for it


class Cache:
    """What the one writer remembers between batches: bounded, and forgotten in whole when a batch fails."""

    def __init__(self, nodes: int = 100_000, runs: int = 20_000, blobs: int = 50_000) -> None:
        self.nodes: OrderedDict[str, NodeEntry] = OrderedDict()
        self.runs: OrderedDict[str, RunEntry] = OrderedDict()
        self.blobs: OrderedDict[str, None] = OrderedDict()
        self._limits = (nodes, runs, blobs)

    def clear(self) -> None:
        self.nodes.clear()
        self.runs.clear()
        self.blobs.clear()

    def shrink(self) -> None:
        """Drop the oldest beyond the limits, by insertion: cheaper than exact recency, and as good on streams."""
        _cut(self.nodes, self._limits[0])
        _cut(self.runs, self._limits[1])
        _cut(self.blobs, self._limits[2])


def _cut(entries: "OrderedDict[str, _T]", limit: int) -> None:
    while len(entries) > limit:
        entries.popitem(last=False)


class Batch:
    """Look-ups and entries of one `plan`."""

    def __init__(self, storage: Storage, cache: Cache) -> None:
        self.storage = storage
        self.cache = cache
        self.changes = Changes()
        self.nodes: dict[str, NodeEntry] = {}
        self.runs: dict[str, RunEntry] = {}
        self.raws: dict[str, bytes] = {}
        self.relinked: set[EntityKey] = set()

    def prefetch_nodes(self, keys: Iterable[NodeKey]) -> None:
        """Bring nodes into the batch with one look-up; those that the store lacks are made."""
        missing: dict[str, NodeKey] = {}
        for key in keys:
            kind, namespace, name = key
            if kind == _DATA_SOURCE:
                node = dataset_id((namespace, name))
            else:
                node = job_id((namespace, name)) if kind == _ETL_PROCESS else key.id
            if node not in self.nodes:
                found = self.cache.nodes.get(node)
                if found is None:
                    missing[node] = key
                else:
                    self.nodes[node] = found
        if missing:
            self._load(missing)

    def _load(self, missing: dict[str, NodeKey]) -> None:
        stored = self.storage.load_nodes(missing)
        for node, key in missing.items():
            row = stored.get(node)
            state = new_node(key) if row is None else decode_node(key.kind, row.state)
            self.nodes[node] = self.cache.nodes[node] = NodeEntry(node, key, state, new=row is None)

    def node(self, key: NodeKey) -> NodeEntry:
        found = self.nodes.get(key.id)
        if found is None:
            self.prefetch_nodes([key])
            found = self.nodes[key.id]
        return found

    def by_id(self, nodes: Collection[str]) -> list[NodeEntry]:
        """Entries of ids that the store or the batch knows."""
        missing = [n for n in nodes if n not in self.nodes and n not in self.cache.nodes]
        for node, row in self.storage.load_nodes(missing).items() if missing else ():
            entry = NodeEntry(node, row.key, decode_node(row.key.kind, row.state), new=False)
            self.cache.nodes[node] = entry
        for node in nodes:
            if node not in self.nodes and node in self.cache.nodes:
                self.nodes[node] = self.cache.nodes[node]
        return [self.nodes[n] for n in nodes if n in self.nodes]

    def dataset(self, key: EntityKey) -> NodeEntry:
        return self.nodes.get(dataset_id(key)) or self.node(dataset_key(*key))

    def dataset_state(self, key: EntityKey) -> DatasetState:
        state = self.dataset(key).state
        assert isinstance(state, DatasetState)
        return state

    def job(self, key: EntityKey) -> NodeEntry:
        return self.nodes.get(job_id(key)) or self.node(job_key(*key))

    def job_state(self, key: EntityKey) -> JobState:
        state = self.job(key).state
        assert isinstance(state, JobState)
        return state

    def resolve(self, key: EntityKey) -> EntityKey:
        """The name under which a dataset appears."""
        return self.dataset_state(key).canonical or key

    def prefetch_runs(self, keys: Iterable[RunKey]) -> None:
        missing: dict[str, RunKey] = {}
        for key in keys:
            run = run_id(key)
            if run not in self.runs:
                found = self.cache.runs.get(run)
                if found is None:
                    missing[run] = key
                else:
                    self.runs[run] = found
        stored = self.storage.load_runs(missing) if missing else {}
        for run, key in missing.items():
            row = stored.get(run)
            if row is None:
                entry = RunEntry(run, RunCore(key), {}, new=True)
            else:
                entry = RunEntry(run, decode_core(row.core), decode_run_facets(row.facets), new=False)
            self.runs[run] = entry

    def run(self, key: RunKey) -> RunEntry:
        run = run_id(key)
        if run not in self.runs:
            self.prefetch_runs([key])
        return self.runs[run]

    def settle(self) -> None:
        """After the rows are made: what was new is stored, and stays in memory for the next batch."""
        for node in self.nodes.values():
            node.new = node.dirty = node.redo = node.renamed = False
            node.facets = {}
            node.before = None
            node.shown = node.kind()
        for run in self.runs.values():
            if run.dirty:
                run.new = run.dirty = False
                run.stale = None
                self.cache.runs[run.id] = run
        self.cache.blobs.update(dict.fromkeys(self.changes.blobs))
        self.cache.shrink()
