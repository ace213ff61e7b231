"""Facts that one lineage event asserts. Pure.

The facts depend on the event and on the grants of its sender when it was accepted, never on earlier
events, so they may be stored in any order, any number of times, and derive the same graph.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from headwater.contracts.grants import ALL_GRANTS, Grants
from headwater.contracts.lineage import LineageEntry
from headwater.graph.state.facts import (
    ColumnSource,
    DatasetFact,
    EntityKey,
    Facets,
    FacetValues,
    Fact,
    Group,
    JobFact,
    RunFact,
    Stamp,
    StaticFact,
    io_facet_name,
)
from headwater.lineage_writer import facets
from headwater.lineage_writer.events import Dataset, Event, Run
from headwater.lineage_writer.facets import DatasetFacets, JobFacets

BEFORE_IDS = "-"
"""Sorts before every event id."""

NamedDataset = tuple[EntityKey, DatasetFacets]
"""A dataset of the event, and the content of its facets."""


def facts_of(event: Event, stamp: Stamp, grants: Grants) -> list[Fact]:
    """Facts of a run, job or dataset event that happened at `stamp`.

    `grants`: without `dataset:annotate` on a dataset's namespace the event only describes it, without `ingest:write` on
    the namespace of another job it asserts nothing about that job.
    """
    if event.job is None:
        return [] if event.dataset is None else _of_dataset_event(event.dataset, stamp, grants)
    inputs, outputs = _named_datasets(event.inputs, grants), _named_datasets(event.outputs, grants)
    key, job = (event.job.namespace, event.job.name), facets.of_job(event.job.facets)
    explicit, columns = _lineage(key, job, inputs, outputs, grants)
    found: list[Fact] = [JobFact(key, stamp, job.kept)]
    found += _datasets([*inputs, *outputs], columns, explicit, stamp, grants)
    if event.run is not None:
        found.append(_run_fact(event, event.run, job, stamp, _Lineage(key, inputs, outputs, explicit, columns)))
        return found
    found.append(
        StaticFact(
            stamp=stamp, job=key, inputs=_keys(inputs), outputs=_keys(outputs), explicit=explicit, columns=columns
        )
    )
    return found


class _Lineage(NamedTuple):
    job: EntityKey
    inputs: list[NamedDataset]
    outputs: list[NamedDataset]
    explicit: tuple[Group, ...] | None
    columns: tuple[ColumnSource, ...]


def _run_fact(event: Event, run: Run, job: JobFacets, stamp: Stamp, lineage: _Lineage) -> RunFact:
    parsed = facets.of_run(run.facets)
    return RunFact(
        key=(*lineage.job, run.run_id),
        stamp=stamp,
        type=event.event_type,
        producer=event.producer,
        streaming=job.streaming,
        snapshot=job.snapshot,
        inputs=_keys(lineage.inputs),
        outputs=_keys(lineage.outputs),
        explicit=lineage.explicit,
        columns=lineage.columns,
        facets=_run_facets(event, parsed.kept),
        parent=parsed.parent,
        root=parsed.root,
    )


def _run_facets(event: Event, of_run: FacetValues) -> Facets:
    """Facets of the run, and those of its inputs and outputs that concern only this run."""
    found: dict[str, bytes | None] = {}
    for dataset in event.inputs or ():
        for name, raw in facets.kept(dataset.input_facets).items():
            found[io_facet_name("in", (dataset.namespace, dataset.name), name)] = raw
    for dataset in event.outputs or ():
        for name, raw in facets.kept(dataset.output_facets).items():
            found[io_facet_name("out", (dataset.namespace, dataset.name), name)] = raw
    return {**of_run, **found} if found else of_run


def _of_dataset_event(dataset: Dataset, stamp: Stamp, grants: Grants) -> list[Fact]:
    """A dataset declared without a job; its own lineage facets are lineage without a job."""
    if dataset.namespace not in grants.annotate:
        return [DatasetFact((dataset.namespace, dataset.name), stamp)]
    [(key, parsed)] = _named_datasets([dataset], grants)
    column = facets.columns(key, parsed.columns) if parsed.columns is not None else None
    if parsed.entry is not None:
        column = facets.columns_of_entry(key, parsed.entry) or column
    columns = (column,) if column is not None else ()
    groups = None if parsed.entry is None else _groups(key, [parsed.entry], grants, default_target=key)
    found = _datasets([(key, parsed)], columns, groups, stamp, grants)
    # A deleted or empty facet ends the earlier declaration of the dataset.
    if columns or groups is not None or parsed.declares:
        found.append(StaticFact(stamp=stamp, dataset=key, outputs=(key,), explicit=groups, columns=columns))
    return found


def _lineage(
    name: EntityKey, job: JobFacets, inputs: list[NamedDataset], outputs: list[NamedDataset], grants: Grants
) -> tuple[tuple[Group, ...] | None, tuple[ColumnSource, ...]]:
    """Explicit groups (None without an explicit facet), and the column lineage of each output."""
    groups: list[Group] = []
    stated = False
    columns: dict[EntityKey, ColumnSource] = {}
    for key, parsed in outputs:
        found = facets.columns(key, parsed.columns) if parsed.columns is not None else None
        if found is not None:
            columns[key] = found
    for entries, target in _entries(job, [*inputs, *outputs]):
        stated = True
        groups += _groups(name, entries, grants, default_target=target)
        for entry in entries:
            output = _target(entry, target)
            stated_columns = facets.columns_of_entry(output, entry) if output and entry.type != "JOB" else None
            if stated_columns is not None:
                columns[stated_columns.output] = stated_columns
    return (tuple(sorted(set(groups), key=_order)) if stated else None), tuple(columns.values())


def _entries(job: JobFacets, datasets: Iterable[NamedDataset]) -> Iterable[tuple[list[LineageEntry], EntityKey | None]]:
    """The explicit entries of an event, each with its dataset (None: the job)."""
    if job.entries is not None:
        yield job.entries, None
    for key, parsed in datasets:
        if parsed.entry is not None:
            yield [parsed.entry], key


def _groups(
    process: EntityKey, entries: Iterable[LineageEntry], grants: Grants, *, default_target: EntityKey | None
) -> tuple[Group, ...]:
    """Entries as groups. Data passes through a source or target that is a job, if the sender may write to it."""
    groups: list[Group] = []
    for entry in entries:
        target = _target(entry, default_target)
        sources = [*(entry.inputs or ()), *(s for field in (entry.fields or {}).values() for s in field.inputs)]
        reads = {(s.namespace, s.name) for s in sources if s.type != "JOB" and s.namespace and s.name}
        if entry.type == "JOB":
            by = target or process
            if by == process or by[0] in grants.write:
                groups.append(Group(by, tuple(sorted(reads)), ()))
            continue
        if target is None:
            continue
        through = {(s.namespace, s.name) for s in sources if s.type == "JOB" and s.namespace and s.name}
        if reads or not through:
            groups.append(Group(process, tuple(sorted(reads)), (target,)))
        groups += [Group(job, (), (target,)) for job in sorted(through) if job == process or job[0] in grants.write]
    return tuple(groups)


def _target(entry: LineageEntry, default: EntityKey | None) -> EntityKey | None:
    return (entry.namespace, entry.name) if entry.namespace and entry.name else default


def _order(group: Group) -> tuple[EntityKey, tuple[EntityKey, ...], tuple[EntityKey, ...]]:
    return group.process, group.inputs, group.outputs


def _datasets(
    parsed: Sequence[NamedDataset],
    columns: Iterable[ColumnSource],
    explicit: Iterable[Group] | None,
    stamp: Stamp,
    grants: Grants,
) -> list[Fact]:
    """Every dataset in the event, with its facets; some producers list inputs only in lineage facets. A mere
    description of a dataset is replaced by a copy of the same event with granted annotations."""
    facts: list[Fact]
    if grants is ALL_GRANTS:
        facts = [DatasetFact(key, stamp, each.kept, each.links, each.dropped) for key, each in parsed]
    else:
        described = Stamp(stamp.time, BEFORE_IDS + stamp.event)
        stamps = [stamp if key[0] in grants.annotate else described for key, _ in parsed]
        facts = [
            DatasetFact(key, at, each.kept, each.links, each.dropped)
            for at, (key, each) in zip(stamps, parsed, strict=True)
        ]
    if not columns and explicit is None:
        return facts
    named = {key for key, _ in parsed}
    also = {key for column in columns for key in column.sources}
    also.update(key for group in explicit or () for key in (*group.inputs, *group.outputs))
    facts += [DatasetFact(key, stamp) for key in sorted(also - named)]
    facts += [JobFact(key, stamp) for key in sorted({group.process for group in explicit or ()} - named)]
    return facts


def _named_datasets(datasets: Iterable[Dataset] | None, grants: Grants) -> list[NamedDataset]:
    if grants is ALL_GRANTS:
        return [((d.namespace, d.name), facets.of_dataset(d.facets)) for d in datasets or ()]
    return [((d.namespace, d.name), _as_granted(d, grants)) for d in datasets or ()]


def _as_granted(dataset: Dataset, grants: Grants) -> DatasetFacets:
    """What the event may assert about a dataset. Linking two names requires the permission on both namespaces."""
    if dataset.namespace not in grants.annotate:
        return facets.of_described(dataset.facets)
    parsed = facets.of_dataset(dataset.facets)
    links = tuple(link for link in parsed.links if link[0] in grants.annotate)
    return parsed if links == parsed.links else msgspec.structs.replace(parsed, links=links)


def _keys(parsed: Iterable[NamedDataset]) -> tuple[EntityKey, ...]:
    return tuple(dict.fromkeys([key for key, _ in parsed]))
