"""The working set of one batch: entities looked up once, changed in place, passed to the store once."""

from collections.abc import Callable, Collection, Iterable, MutableMapping
from functools import lru_cache
from itertools import islice
from typing import TypeVar

import msgspec

from headwater.contracts.keys import Kind, NodeKey, dataset_key, job_key, node_id, run_key
from headwater.graph.deriving.changes import Changes, Storage, StoredNode
from headwater.graph.state.attempts import Attempt
from headwater.graph.state.cards import note_facet
from headwater.graph.state.facts import EntityKey, Facets, RunKey, Stamp, marks_of
from headwater.graph.state.states import (
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
_K = TypeVar("_K")
_T = TypeVar("_T")
_NOTHING_KNOWN: dict[str, int] = {}


_digest = node_id.__wrapped__  # these functions are cached


@lru_cache(maxsize=131_072)
def dataset_id(key: EntityKey) -> str:
    return _digest(_DATA_SOURCE, key[0], key[1])


@lru_cache(maxsize=65_536)
def job_id(key: EntityKey) -> str:
    return _digest(_ETL_PROCESS, key[0], key[1])


@lru_cache(maxsize=16_384)
def run_id(key: RunKey) -> str:
    return _digest(*run_key(*key))


class NodeEntry(msgspec.Struct, gc=False, eq=False):
    """A node in memory. Tens of thousands are cached, so they are excluded from garbage collection (`gc`).

    `facets`: values to be written. `marks`: marks of facet values that this process has seen stored; `newest`: the
    greatest of the state's facet stamps, where known. `before`: the state as stored, where the batch marks it dirty
    before it is certain to change. `shown`: the kind under which the store counts it."""

    id: str
    key: NodeKey
    state: NodeState
    new: bool
    dirty: bool = False
    redo: bool = False
    renamed: bool = False
    facets: dict[str, bytes | None] | None = None
    marks: dict[str, int] = _NOTHING_KNOWN
    newest: tuple[int, str] | None = None
    before: bytes | None = None
    label: str = ""
    card: bytes = b""
    shown: str | None = None

    def kind(self) -> str | None:
        """The kind shown; None for another name of a node."""
        state = self.state
        if type(state) is DatasetState:
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
        if see(self.state, time, new=self.new and not self.dirty):
            self.dirty = True

    def seen_since(self, time: int) -> None:
        if see_since(self.state, time, new=self.new and not self.dirty):
            self.dirty = True

    def take_facets(self, facets: Facets, stamp: Stamp) -> None:
        """Keep the facets for which this stamp is the latest; record which values must be written."""
        state, marks, moment = self.state, marks_of(facets), (stamp.time, stamp.event)
        if self.marks is marks and self.newest is not None and moment > self.newest:
            # The same facets with a later stamp: only their stamps change.
            state.facets = dict.fromkeys(facets, moment)
            self.newest, self.dirty = moment, True
            return
        won: Collection[str] = facets
        if state.facets:
            won = winning_facets(state, facets, moment)
            if not won:
                return
            self.newest = max(state.facets.values())
        else:
            state.facets, self.newest = dict.fromkeys(facets, moment), moment
        self.dirty = True
        self._keep(facets, marks, won)

    def _keep(self, facets: Facets, marks: dict[str, int], won: Collection[str]) -> None:
        """Write the facets that are not known to be stored with this value."""
        known = self.marks
        for name in won:
            if known.get(name) != marks[name]:
                if self.facets is None:
                    self.facets = {}
                self.facets[name] = facets[name]
                self.card = b""
                note_facet(self.state, name, facets[name])
        whole = len(won) == len(marks) == len(self.state.facets)
        self.marks = marks if whole else {**known, **{name: marks[name] for name in won}}


def _made(node: str, key: NodeKey) -> NodeEntry:
    return NodeEntry(node, key, new_node(key.kind), True)


def _stored(node: str, row: StoredNode) -> NodeEntry:
    entry = NodeEntry(node, row.key, decode_node(row.key.kind, row.state), False)
    entry.shown = entry.kind()
    return entry


class RunEntry(msgspec.Struct, gc=False, eq=False):
    """A run in memory. `stale`: the core before this batch, kept where the timeline may need it. `attempts`: from the
    events so far, once computed."""

    id: str
    core: RunCore
    facets: RunFacets
    new: bool
    dirty: bool = False
    stale: bytes | None = None
    attempts: list[Attempt] | None = None


class Cache:
    """The writer's cache between batches: bounded, and cleared when a batch fails."""

    def __init__(self, nodes: int = 100_000, runs: int = 20_000, blobs: int = 50_000) -> None:
        self.datasets: dict[EntityKey, NodeEntry] = {}
        self.jobs: dict[EntityKey, NodeEntry] = {}
        self.others: dict[NodeKey, NodeEntry] = {}
        self.runs: dict[RunKey, RunEntry] = {}
        self.blobs: dict[str, None] = {}
        self._nodes, self._runs, self._blobs = nodes, runs, blobs

    def clear(self) -> None:
        for remembered in (self.datasets, self.jobs, self.others, self.runs, self.blobs):
            remembered.clear()

    def shrink(self) -> None:
        """Drop the oldest beyond the limits, by insertion: cheaper than LRU, and as good on streams."""
        _cut(self.datasets, self._nodes * 2 // 3)
        _cut(self.jobs, self._nodes // 3)
        _cut(self.others, self._nodes // 3)
        _cut(self.runs, self._runs)
        _cut(self.blobs, self._blobs)


def _cut(entries: MutableMapping[_K, _T], limit: int) -> None:
    for key in list(islice(entries, max(0, len(entries) - limit))):
        del entries[key]


class Batch:
    """Look-ups and entries of one `plan`."""

    def __init__(self, storage: Storage, cache: Cache) -> None:
        self.storage = storage
        self.cache = cache
        self.changes = Changes()
        self.datasets: dict[EntityKey, NodeEntry] = {}
        self.jobs: dict[EntityKey, NodeEntry] = {}
        self.others: dict[NodeKey, NodeEntry] = {}
        self.runs: dict[RunKey, RunEntry] = {}
        self.raws: dict[str, bytes] = {}
        self.relinked: set[EntityKey] = set()

    def entries(self) -> list[NodeEntry]:
        return [*self.jobs.values(), *self.datasets.values(), *self.others.values()]

    def prefetch_datasets(self, keys: Iterable[EntityKey]) -> None:
        """Load datasets into the batch with one look-up; those that are not stored are created."""
        self._prefetch(keys, self.datasets, self.cache.datasets, _dataset_key_and_id)

    def prefetch_jobs(self, keys: Iterable[EntityKey]) -> None:
        self._prefetch(keys, self.jobs, self.cache.jobs, _job_key_and_id)

    def prefetch_nodes(self, keys: Iterable[NodeKey]) -> None:
        """Models, versions and metrics."""
        self._prefetch(keys, self.others, self.cache.others, _key_and_id)

    def _prefetch(
        self,
        keys: Iterable[_K],
        here: dict[_K, NodeEntry],
        cached: dict[_K, NodeEntry],
        name: Callable[[_K], tuple[NodeKey, str]],
    ) -> None:
        missing: dict[str, tuple[_K, NodeKey]] = {}
        for key in keys:
            if key not in here:
                found = cached.get(key)
                if found is None:
                    named, node = name(key)
                    missing[node] = (key, named)
                else:
                    here[key] = found
        if missing:
            stored = self.storage.load_nodes(missing)
            for node, (key, named) in missing.items():
                row = stored.get(node)
                here[key] = cached[key] = _made(node, named) if row is None else _stored(node, row)

    def by_id(self, nodes: Collection[str]) -> list[NodeEntry]:
        """Entries of stored jobs, datasets and versions."""
        found = []
        for node, row in self.storage.load_nodes(nodes).items() if nodes else ():
            kind, namespace, name = row.key
            if kind == _DATA_SOURCE:
                found.append(_kept(self.datasets, self.cache.datasets, (namespace, name), node, row))
            elif kind == _ETL_PROCESS:
                found.append(_kept(self.jobs, self.cache.jobs, (namespace, name), node, row))
            else:
                found.append(_kept(self.others, self.cache.others, row.key, node, row))
        return found

    def node(self, key: NodeKey) -> NodeEntry:
        """A model, version or metric."""
        found = self.others.get(key)
        if found is None:
            self.prefetch_nodes([key])
            found = self.others[key]
        return found

    def dataset(self, key: EntityKey) -> NodeEntry:
        found = self.datasets.get(key)
        if found is None:
            self.prefetch_datasets([key])
            found = self.datasets[key]
        return found

    def dataset_state(self, key: EntityKey) -> DatasetState:
        state = self.dataset(key).state
        assert isinstance(state, DatasetState)
        return state

    def job(self, key: EntityKey) -> NodeEntry:
        found = self.jobs.get(key)
        if found is None:
            self.prefetch_jobs([key])
            found = self.jobs[key]
        return found

    def job_state(self, key: EntityKey) -> JobState:
        state = self.job(key).state
        assert isinstance(state, JobState)
        return state

    def resolve(self, key: EntityKey) -> EntityKey:
        """The name under which a dataset appears."""
        entry = self.datasets.get(key) or self.dataset(key)
        canonical: EntityKey | None = entry.state.canonical  # type: ignore[attr-defined]  # read for each end of each run
        return canonical or key

    def prefetch_runs(self, keys: Iterable[RunKey]) -> None:
        missing: dict[str, RunKey] = {}
        for key in keys:
            if key not in self.runs:
                found = self.cache.runs.get(key)
                if found is None:
                    missing[run_id(key)] = key
                else:
                    self.runs[key] = found
        stored = self.storage.load_runs(missing) if missing else {}
        for run, key in missing.items():
            row = stored.get(run)
            if row is None:
                self.runs[key] = RunEntry(run, RunCore(key), {}, True)
            else:
                self.runs[key] = RunEntry(run, decode_core(row.core), decode_run_facets(row.facets), False)

    def run(self, key: RunKey) -> RunEntry:
        found = self.runs.get(key)
        if found is None:
            self.prefetch_runs([key])
            found = self.runs[key]
        return found

    def settle(self) -> None:
        """After the rows are created: new entries count as stored, and are cached for the next batch."""
        for node in self.entries():
            if node.dirty or node.redo:
                node.new = node.dirty = node.redo = node.renamed = False
                node.facets = node.before = None
                node.shown = node.kind()
        runs = self.cache.runs
        for key, run in self.runs.items():
            if run.dirty:
                if run.attempts and run.attempts[-1].first_end is not None:
                    runs.pop(key, None)  # over: further events are unlikely
                else:
                    runs[key] = run
                run.new = run.dirty = False
                run.stale = run.attempts = None
        self.cache.blobs.update(dict.fromkeys(self.changes.blobs))
        self.cache.shrink()


def _kept(here: dict[_K, NodeEntry], cached: dict[_K, NodeEntry], key: _K, node: str, row: StoredNode) -> NodeEntry:
    entry = here.get(key) or cached.get(key)
    if entry is None:
        entry = cached[key] = _stored(node, row)
    here[key] = entry
    return entry


def _dataset_key_and_id(key: EntityKey) -> tuple[NodeKey, str]:
    return dataset_key(*key), dataset_id(key)


def _job_key_and_id(key: EntityKey) -> tuple[NodeKey, str]:
    return job_key(*key), job_id(key)


def _key_and_id(key: NodeKey) -> tuple[NodeKey, str]:
    return key, key.id
