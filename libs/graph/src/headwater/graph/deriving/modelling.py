"""Models, versions, outputs, metrics and alerts: facts into states, states into relationships."""

from collections.abc import Callable, Mapping

import msgspec

from headwater.contracts.keys import metric_key, model_key, model_version_key
from headwater.graph.answering.latest import WindowValue, keep, latest
from headwater.graph.deriving.batch import Batch, NodeEntry, dataset_id, job_id, run_id
from headwater.graph.deriving.changes import LinkRow
from headwater.graph.state.facts import AlertFact, EntityKey, MetricFact, ModelFact, OutputFact, RunKey
from headwater.graph.state.states import (
    Alert,
    DatasetState,
    JobState,
    MetricMark,
    MetricState,
    ModelState,
    RunCore,
    VersionMark,
    VersionState,
    absorb_alert,
    absorb_stamped,
)

_FIELDS = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def _pair(
    batch: Batch, model: EntityKey, version: str, time: int, see: Callable[[NodeEntry, int], None] = NodeEntry.seen
) -> tuple[ModelState, VersionState]:
    """The states of a model and one of its versions, seen at `time` and marked for derivation."""
    parent, child = batch.node(model_key(*model)), batch.node(model_version_key(*model, version))
    for entry in (parent, child):
        if not entry.new:
            entry.may_change()
        see(entry, time)
    child.redo = True
    assert isinstance(parent.state, ModelState)
    assert isinstance(child.state, VersionState)
    child.state.model, child.state.version = model, version
    mark = parent.state.versions.get(version)
    if mark is None:
        parent.state.versions[version] = VersionMark(time, time, "", "")
    else:
        mark.first = min(mark.first, time)
    return parent.state, child.state


def _fields(raw: bytes) -> Mapping[str, bytes]:
    return {name: bytes(value) for name, value in _FIELDS(raw).items()}


def _earliest(kept: dict[EntityKey, int], key: EntityKey, time: int) -> None:
    kept[key] = min(kept.get(key, time), time)


def absorb_model(batch: Batch, fact: ModelFact) -> None:
    time, event = fact.stamp
    model, version = _pair(batch, fact.model, fact.version, time)
    mark = model.versions[fact.version]
    if mark.action == "" or (time, event) > (mark.time, mark.event):
        mark.time, mark.event, mark.action = time, event, fact.action
    absorb_stamped(model.about, _fields(fact.about), fact.stamp)
    absorb_stamped(version.details, _fields(fact.details), fact.stamp)
    first, last, by = version.actions.get(fact.action, (time, time, event))
    version.actions[fact.action] = (min(first, time), *max((last, by), (time, event)))
    for dataset in fact.datasets:
        _earliest(version.datasets, dataset, time)
        batch.dataset(dataset).seen(time)
    _absorb_run(batch, version, fact.run, time)
    if fact.output is not None:
        batch.dataset(fact.output).seen(time)
        _serve(batch, version, fact.output, time)


def absorb_output(batch: Batch, fact: OutputFact) -> None:
    """Its time is that of the earliest prediction so far: an earlier one found later moves only the beginning."""
    _, version = _pair(batch, fact.model, fact.version, fact.stamp.time, NodeEntry.seen_since)
    batch.dataset(fact.output).seen_since(fact.stamp.time)
    _serve(batch, version, fact.output, fact.stamp.time)


def _absorb_run(batch: Batch, version: VersionState, run: RunKey | None, time: int) -> None:
    if run is None:
        return
    version.runs[run] = min(version.runs.get(run, time), time)
    job = batch.job(run[:2])
    job.seen(time)
    assert isinstance(job.state, JobState)
    if not job.state.trains:
        job.state.trains = job.dirty = True


def _serve(batch: Batch, version: VersionState, output: EntityKey, time: int) -> None:
    """The dataset contains a model's predictions: it is shown as an Output, under its canonical name."""
    _earliest(version.outputs, output, time)
    entry = batch.dataset(output)
    state = entry.state
    assert isinstance(state, DatasetState)
    for each in (entry, batch.dataset(state.canonical)) if state.canonical else (entry,):
        assert isinstance(each.state, DatasetState)
        if not each.state.output:
            each.state.output = each.dirty = True
    state.served = True


def absorb_metric(batch: Batch, fact: MetricFact) -> None:
    _, version = _pair(batch, fact.model, fact.version, fact.start)
    entry = batch.node(metric_key(*fact.model, fact.version, fact.definition))
    entry.seen(fact.start)
    state = entry.state
    assert isinstance(state, MetricState)
    if keep(state.windows, _window(fact)):
        entry.dirty = True
    state.model, state.version, state.metric, state.definition = fact.model, fact.version, fact.metric, fact.definition
    shown = latest(state.windows)
    state.summary = {"metric": fact.metric, "definition": fact.definition, "value": shown.value, "n": shown.n}
    mark = version.metrics.get(fact.definition)
    since = fact.start if mark is None else min(mark.since, fact.start)
    version.metrics[fact.definition] = MetricMark(since, fact.metric, shown.end, shown.value)


def _window(fact: MetricFact) -> WindowValue:
    return WindowValue(
        fact.end,
        fact.start,
        fact.revision,
        fact.computed_at,
        fact.result,
        fact.value,
        fact.reason,
        fact.interval,
        fact.n,
        fact.labelled,
    )


def absorb_alert_fact(batch: Batch, fact: AlertFact) -> None:
    model, version = _pair(batch, fact.model, fact.version, fact.start)
    alert = Alert(fact.stamp.time, fact.stamp.event, fact.state, fact.severity, fact.emitted_at)
    absorb_alert(version.alerts, fact.rule, alert)
    absorb_alert(model.alerts, f"{fact.rule}\0{fact.version}", alert)


def derive_versions(batch: Batch) -> None:
    """Relationships of every version that this batch touched, or whose training runs it touched."""
    _redo_trained(batch)
    for entry in list(batch.others.values()):
        if entry.redo and isinstance(entry.state, VersionState):
            _relate(batch, entry, entry.state)


def _redo_trained(batch: Batch) -> None:
    """A run of a training job changed: its inputs are the training data of its versions."""
    training = sorted({job_id(r.core.key[:2]) for r in batch.runs.values() if r.dirty and _trains(batch, r.core.key)})
    if not training:
        return
    for entry in batch.by_id(sorted(batch.storage.owners_of(training))):
        if isinstance(entry.state, VersionState):
            entry.redo = entry.dirty = True


def _trains(batch: Batch, run: RunKey) -> bool:
    entry = batch.jobs.get((run[0], run[1]))
    return entry is not None and isinstance(entry.state, JobState) and entry.state.trains


def _relate(batch: Batch, entry: NodeEntry, state: VersionState) -> None:
    wanted: dict[tuple[str, str, str], tuple[int, str | None]] = {}
    model = model_key(*state.model).id
    _want(wanted, (model, "HAS_VERSION", entry.id), entry.state.first)
    for dataset, time in state.datasets.items():
        _want(wanted, (_shown(batch, dataset), "USED_IN", entry.id), time)
    batch.prefetch_runs(state.runs)
    for run, time in state.runs.items():
        _want(wanted, (job_id(run[:2]), "TRAINS", entry.id), time, run_id(run))
        for dataset in _read_by(batch.run(run).core):
            _want(wanted, (_shown(batch, dataset), "USED_IN", entry.id), time, run_id(run))
    for dataset, time in state.outputs.items():
        _want(wanted, (entry.id, "GENERATES", _shown(batch, dataset)), time)
    for definition, mark in state.metrics.items():
        metric = metric_key(*state.model, state.version, definition).id
        _want(wanted, (entry.id, "EVALUATED_BY", metric), mark.since)
    _hand_over(batch, entry, state, wanted)


def _read_by(core: RunCore) -> set[EntityKey]:
    """Every source dataset of a run, from any facet."""
    named = set(core.inputs)
    for _, _, sources in core.columns:
        named.update(sources)
    for group in core.explicit or ():
        named.update(group.inputs)
    return named


def _shown(batch: Batch, dataset: EntityKey) -> str:
    return dataset_id(batch.resolve(dataset))


def _want(
    wanted: dict[tuple[str, str, str], tuple[int, str | None]],
    link: tuple[str, str, str],
    since: int,
    run: str | None = None,
) -> None:
    """Several reasons for one link: the earliest moment, and the greatest run id of the earliest."""
    old = wanted.get(link)
    if old is None:
        wanted[link] = (since, run)
    else:
        runs = [r for r in (old[1], run) if r is not None]
        wanted[link] = (min(old[0], since), max(runs) if runs else None)


def _hand_over(
    batch: Batch,
    entry: NodeEntry,
    state: VersionState,
    wanted: dict[tuple[str, str, str], tuple[int, str | None]],
) -> None:
    changes, namespace = batch.changes, entry.key.namespace
    for link, (since, run) in wanted.items():
        new = link not in state.written
        if new:
            _count(changes.tally, link[1], namespace, 1)
        if state.written.get(link) != (since, run):
            changes.links.append(LinkRow(*link, entry.id, since, run, new))
    for link in state.written.keys() - wanted.keys():
        changes.gone_links.append(link)
        _count(changes.tally, link[1], namespace, -1)
    state.written = wanted


def _count(tally: dict[tuple[str, str], int], what: str, namespace: str, amount: int) -> None:
    tally[what, namespace] = tally.get((what, namespace), 0) + amount
