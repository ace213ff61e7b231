"""Facts in, changes out: the rules of the graph, once, for every store.

`Engine.plan` merges a batch of facts into the states they touch, derives what follows (attempts, claims and
their time, merged names, relationships of models) and returns one `Changes`. It writes nothing; an adapter
calls it inside its transaction and stores the result (`changes.py` says how). An engine belongs to one writer.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from headwater.contracts.keys import NodeKey, metric_key, model_key, model_version_key
from headwater.graph.deriving.batch import Batch, Cache, NodeEntry
from headwater.graph.deriving.changes import Changes, Storage
from headwater.graph.deriving.lineage import derive_lineage
from headwater.graph.deriving.merging import merge_names, remember_links
from headwater.graph.deriving.modelling import (
    absorb_alert_fact,
    absorb_metric,
    absorb_model,
    absorb_output,
    derive_versions,
)
from headwater.graph.deriving.rows import write_rows
from headwater.graph.state.facts import (
    AlertFact,
    ColumnSource,
    DatasetFact,
    EntityKey,
    Fact,
    JobFact,
    MetricFact,
    ModelFact,
    OutputFact,
    RunFact,
    RunKey,
    StaticFact,
)
from headwater.graph.state.states import DatasetState, JobState, absorb_run, absorb_static, encode


class Engine:
    """The merging and deriving half of a graph store."""

    def __init__(self, cache: Cache | None = None) -> None:
        self._cache = cache or Cache()

    def plan(self, facts: Sequence[Fact], storage: Storage) -> Changes:
        """The changes of a batch of facts. The cache assumes that they are stored: else call `forget`."""
        batch = Batch(storage, self._cache)
        _prefetch(batch, facts)
        for fact in facts:
            _ABSORB[type(fact)](batch, fact)
        merge_names(batch)
        derive_lineage(batch)
        derive_versions(batch)
        write_rows(batch)
        batch.settle()
        return batch.changes

    def forget(self) -> None:
        """A batch was not stored: clear the cache."""
        self._cache.clear()


def _prefetch(batch: Batch, facts: Iterable[Fact]) -> None:
    """One look-up for the nodes and one for the runs that the facts name.

    In the order of the facts: nodes created together are stored together, and later updated together."""
    jobs: dict[EntityKey, None] = {}
    datasets: dict[EntityKey, None] = {}
    others: dict[NodeKey, None] = {}
    runs: dict[RunKey, None] = {}
    for fact in facts:
        if isinstance(fact, DatasetFact):
            datasets[fact.key] = None
        elif isinstance(fact, JobFact):
            jobs[fact.key] = None
        elif isinstance(fact, RunFact):
            runs[fact.key] = None
            jobs[fact.key[:2]] = None
            datasets.update(dict.fromkeys(fact.inputs))
            datasets.update(dict.fromkeys(fact.outputs))
        elif isinstance(fact, StaticFact):
            datasets.update(dict.fromkeys((*fact.inputs, *fact.outputs)))
        else:
            others[model_key(*fact.model)] = None
            others[model_version_key(*fact.model, fact.version)] = None
            if isinstance(fact, MetricFact):
                others[metric_key(*fact.model, fact.version, fact.definition)] = None
    batch.prefetch_jobs(jobs)
    batch.prefetch_datasets(datasets)
    batch.prefetch_nodes(others)
    batch.prefetch_runs(runs)
    _prefetch_read(batch)


def _prefetch_read(batch: Batch) -> None:
    """Datasets that earlier events of the runs named: their claims are derived again."""
    named: set[EntityKey] = set()
    for run in batch.runs.values():
        if not run.new:
            named |= run.core.inputs
            named |= run.core.outputs
    batch.prefetch_datasets(sorted(named))


def _run(batch: Batch, fact: RunFact) -> None:
    entry = batch.run(fact.key)
    job = batch.job(fact.key[:2])
    time = fact.stamp.time
    if not entry.new and entry.stale is None and not entry.dirty and _left_the_tail(job, entry.id):
        entry.stale = encode(entry.core)
    if not absorb_run(entry.core, entry.facets, fact):
        return
    entry.dirty = True
    job.seen(time)
    for dataset in (*fact.inputs, *fact.outputs):
        batch.dataset(dataset).seen(time)
    for group in fact.explicit or ():
        _see_group(batch, group.process, group.inputs, group.outputs, time)
    if fact.columns:
        _see_columns(batch, fact.columns, time)


def _left_the_tail(job: NodeEntry, run: str) -> bool:
    assert isinstance(job.state, JobState)
    return all(s.run != run for s in job.state.tail)


def _see_group(
    batch: Batch, process: EntityKey, inputs: Iterable[EntityKey], outputs: Iterable[EntityKey], time: int
) -> None:
    batch.job(process).seen(time)
    for dataset in (*inputs, *outputs):
        batch.dataset(dataset).seen(time)


def _see_columns(batch: Batch, columns: Iterable[ColumnSource], time: int) -> None:
    for column in columns:
        batch.dataset(column.output).seen(time)
        for dataset in column.sources:
            batch.dataset(dataset).seen(time)
        if column.digest not in batch.cache.blobs:
            batch.changes.blobs[column.digest] = column.raw
        batch.raws[column.digest] = column.raw


def _job(batch: Batch, fact: JobFact) -> None:
    job = batch.job(fact.key)
    job.seen(fact.stamp.time)
    if fact.facets:
        job.take_facets(fact.facets, fact.stamp)


def _dataset(batch: Batch, fact: DatasetFact) -> None:
    entry = batch.dataset(fact.key)
    entry.seen(fact.stamp.time)
    if fact.facets:
        entry.take_facets(fact.facets, fact.stamp)
    if not fact.dropped and not fact.links:
        return
    state = entry.state
    assert isinstance(state, DatasetState)
    if fact.dropped and fact.stamp.time not in state.drops:
        state.drops |= {fact.stamp.time}
        entry.dirty = entry.redo = True
    for other in fact.links:
        remember_links(batch, fact.key, other, fact.stamp.time)


def _static(batch: Batch, fact: StaticFact) -> None:
    time = fact.stamp.time
    if fact.job is not None:
        owner = batch.job(fact.job)
    elif fact.dataset is not None:
        owner = batch.dataset(fact.dataset)
    else:
        return
    state = owner.state
    assert isinstance(state, JobState | DatasetState)
    if not absorb_static(state.statics, fact):
        return
    owner.seen(time)
    owner.dirty = owner.redo = True
    for dataset in (*fact.inputs, *fact.outputs):
        batch.dataset(dataset).seen(time)
    for group in fact.explicit or ():
        if fact.job is not None:
            batch.job(group.process).seen(time)
        for dataset in (*group.inputs, *group.outputs):
            batch.dataset(dataset).seen(time)
    _see_columns(batch, fact.columns, time)


_ABSORB: dict[type, Callable[[Batch, Any], None]] = {
    RunFact: _run,
    JobFact: _job,
    DatasetFact: _dataset,
    StaticFact: _static,
    ModelFact: absorb_model,
    OutputFact: absorb_output,
    MetricFact: absorb_metric,
    AlertFact: absorb_alert_fact,
}
