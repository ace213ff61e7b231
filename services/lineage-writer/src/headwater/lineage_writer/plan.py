"""Facts that one lineage event asserts. Pure.

The facts depend on the event alone, never on what was seen before, so they may be stored in
any order, any number of times, and derive the same graph.
"""

from collections.abc import Iterable

from headwater.contracts.lineage import Dataset, Job, LineageEntry, LineageEvent, Run
from headwater.graph.facts import (
    ColumnSource,
    DatasetFact,
    EntityKey,
    Fact,
    Group,
    JobFact,
    RunFact,
    Stamp,
    StaticFact,
    io_facet_name,
)
from headwater.lineage_writer import facets


def plan(event: LineageEvent, stamp: Stamp) -> list[Fact]:
    """Facts of a run, job or dataset event that happened at `stamp`."""
    if event.job is None:
        return [] if event.dataset is None else _of_dataset_event(event.dataset, stamp)
    inputs, outputs = event.inputs or [], event.outputs or []
    job = (event.job.namespace, event.job.name)
    explicit, columns = _lineage(event.job, inputs, outputs)
    found: list[Fact] = [JobFact(job, stamp, facets.kept(event.job.facets))]
    found += _datasets(inputs, outputs, columns, explicit, stamp)
    if event.run is None:
        found.append(
            StaticFact(
                stamp=stamp,
                job=job,
                inputs=_keys(inputs),
                outputs=_keys(outputs),
                explicit=explicit,
                columns=columns,
            )
        )
    else:
        found.append(_run_fact(event, event.job, event.run, stamp, explicit, columns))
    return found


def _run_fact(
    event: LineageEvent,
    job: Job,
    run: Run,
    stamp: Stamp,
    explicit: tuple[Group, ...] | None,
    columns: tuple[ColumnSource, ...],
) -> RunFact:
    streaming, snapshot = facets.job_type(job.facets)
    family = facets.parents(run.facets)
    return RunFact(
        key=(job.namespace, job.name, run.run_id),
        stamp=stamp,
        type=event.event_type,
        producer=event.producer,
        streaming=streaming,
        snapshot=snapshot,
        inputs=_keys(event.inputs or ()),
        outputs=_keys(event.outputs or ()),
        explicit=explicit,
        columns=columns,
        facets=_run_facets(event, run),
        parent=family.parent if family else None,
        root=family.root if family else None,
    )


def _run_facets(event: LineageEvent, run: Run) -> dict[str, bytes | None]:
    """Facets of the run, and those of its inputs and outputs that speak of this run alone."""
    found = facets.kept(run.facets)
    for dataset in event.inputs or ():
        for name, raw in facets.kept(dataset.input_facets).items():
            found[io_facet_name("in", _key(dataset), name)] = raw
    for dataset in event.outputs or ():
        for name, raw in facets.kept(dataset.output_facets).items():
            found[io_facet_name("out", _key(dataset), name)] = raw
    return found


def _of_dataset_event(dataset: Dataset, stamp: Stamp) -> list[Fact]:
    """A dataset declared by itself; its own lineage facets are lineage without a job."""
    key = _key(dataset)
    entry = facets.explicit_of_dataset(dataset.facets)
    column = facets.column_lineage(key, dataset.facets)
    if entry is not None:
        column = facets.columns_of_entry(key, entry) or column
    columns = (column,) if column is not None else ()
    groups = None if entry is None else _groups(key, [entry], default_target=key)
    found = _datasets((), [dataset], columns, groups, stamp)
    # A facet that is deleted, or states nothing, ends what the dataset declared before.
    if columns or groups is not None or (dataset.facets and {"lineage", "columnLineage"} & dataset.facets.keys()):
        found.append(StaticFact(stamp=stamp, dataset=key, outputs=(key,), explicit=groups, columns=columns))
    return found


def _lineage(
    job: Job, inputs: Iterable[Dataset], outputs: Iterable[Dataset]
) -> tuple[tuple[Group, ...] | None, tuple[ColumnSource, ...]]:
    """Explicit groups (None when no facet states any), and the column lineage of each output."""
    name = (job.namespace, job.name)
    groups: list[Group] = []
    stated = False
    columns: dict[EntityKey, ColumnSource] = {}
    for dataset in outputs:
        found = facets.column_lineage(_key(dataset), dataset.facets)
        if found is not None:
            columns[found.output] = found
    for entries, target in _entries(job, [*inputs, *outputs]):
        stated = True
        groups += _groups(name, entries, default_target=target)
        for entry in entries:
            output = _target(entry, target)
            stated_columns = facets.columns_of_entry(output, entry) if output and entry.type != "JOB" else None
            if stated_columns is not None:
                columns[stated_columns.output] = stated_columns
    return (tuple(sorted(set(groups), key=_order)) if stated else None), tuple(columns.values())


def _entries(job: Job, datasets: Iterable[Dataset]) -> Iterable[tuple[list[LineageEntry], EntityKey | None]]:
    """The explicit entries that an event carries, each with the dataset that carries it (None: the job)."""
    of_job = facets.explicit_of_job(job.facets)
    if of_job is not None:
        yield of_job, None
    for dataset in datasets:
        entry = facets.explicit_of_dataset(dataset.facets)
        if entry is not None:
            yield [entry], _key(dataset)


def _groups(
    process: EntityKey, entries: Iterable[LineageEntry], *, default_target: EntityKey | None
) -> tuple[Group, ...]:
    """Entries as groups. A source or target that is a job moves data through that job."""
    groups: list[Group] = []
    for entry in entries:
        target = _target(entry, default_target)
        sources = [*(entry.inputs or ()), *(s for field in (entry.fields or {}).values() for s in field.inputs)]
        reads = {(s.namespace, s.name) for s in sources if s.type != "JOB" and s.namespace and s.name}
        if entry.type == "JOB":
            groups.append(Group(target or process, tuple(sorted(reads)), ()))
            continue
        if target is None:
            continue
        through = {(s.namespace, s.name) for s in sources if s.type == "JOB" and s.namespace and s.name}
        if reads or not through:
            groups.append(Group(process, tuple(sorted(reads)), (target,)))
        groups += [Group(job, (), (target,)) for job in sorted(through)]
    return tuple(groups)


def _target(entry: LineageEntry, default: EntityKey | None) -> EntityKey | None:
    return (entry.namespace, entry.name) if entry.namespace and entry.name else default


def _order(group: Group) -> tuple[EntityKey, tuple[EntityKey, ...], tuple[EntityKey, ...]]:
    return group.process, group.inputs, group.outputs


def _datasets(
    inputs: Iterable[Dataset],
    outputs: Iterable[Dataset],
    columns: Iterable[ColumnSource],
    explicit: Iterable[Group] | None,
    stamp: Stamp,
) -> list[Fact]:
    """Every dataset that the event names, with its facets; some producers name inputs in lineage facets alone."""
    facts: list[Fact] = []
    named: set[EntityKey] = set()
    for dataset in (*inputs, *outputs):
        key = _key(dataset)
        named.add(key)
        life = facets.lifecycle(dataset.facets)
        facts.append(
            DatasetFact(
                key,
                stamp,
                facets.kept(dataset.facets),
                facets.links(dataset.facets),
                dropped=life is not None and life.dropped,
            )
        )
    also = {key for column in columns for key in column.sources}
    also.update(key for group in explicit or () for key in (*group.inputs, *group.outputs))
    facts += [DatasetFact(key, stamp) for key in sorted(also - named)]
    jobs = {group.process for group in explicit or ()}
    facts += [JobFact(key, stamp) for key in sorted(jobs - named)]
    return facts


def _keys(datasets: Iterable[Dataset]) -> tuple[EntityKey, ...]:
    return tuple(dict.fromkeys(_key(dataset) for dataset in datasets))


def _key(dataset: Dataset) -> EntityKey:
    return (dataset.namespace, dataset.name)
