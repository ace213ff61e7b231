"""The claims of jobs and datasets in one batch: from changed runs and declarations to claim rows."""

from collections.abc import Iterable

from headwater.graph.deriving.batch import Batch, NodeEntry, RunEntry, dataset_id, job_id
from headwater.graph.deriving.changes import ClaimRow, Transform
from headwater.graph.deriving.derive import Claim, run_claims, static_claims, summarise
from headwater.graph.state.attempts import Attempt, attempts
from headwater.graph.state.columns import transforms
from headwater.graph.state.facts import EntityKey
from headwater.graph.state.states import (
    DatasetState,
    Fold,
    Interval,
    JobState,
    RunCore,
    Summary,
    decode_core,
    decode_fold,
    encode,
)
from headwater.graph.state.timeline import fold_all, intervals, lives, order, place, shorten, static_intervals, united

Definitions = dict[str, Claim]


def derive_lineage(batch: Batch) -> None:
    """Update the claims of every job and dataset that this batch touched."""
    changed: dict[EntityKey, list[RunEntry]] = {}
    for key, run in batch.runs.items():
        if run.dirty:
            changed.setdefault(key[:2], []).append(run)
    for job, entry in list(batch.jobs.items()):
        runs = changed.get(job, [])
        if runs or entry.redo:
            state = batch.job_state(job)
            if entry.redo or not (_begin(batch, entry, state, runs) or _advance(batch, entry, state, runs)):
                _anew(batch, entry, state, runs)
    for dataset, entry in list(batch.datasets.items()):
        if entry.redo:
            declared = batch.dataset_state(dataset)
            if declared.statics or declared.held:
                _declared(batch, entry, declared)


def _summary(
    batch: Batch, owner: str, run: str, core: RunCore, definitions: Definitions
) -> tuple[Summary, list[Attempt]]:
    found = attempts([(time, kind) for time, kind, _ in core.events.values()])
    asserted = run_claims(core, owner, batch.resolve)
    for claim in asserted:
        definitions[claim.id] = claim
    return summarise(core, run, found, asserted), found


def _begin(batch: Batch, entry: NodeEntry, state: JobState, runs: list[RunEntry]) -> bool:
    """The first run of a job begins all its claims. False: the job, or one of the run's datasets, has a history."""
    if not entry.new or len(runs) != 1 or state.tail or state.held:
        return False
    [run], definitions = runs, Definitions()
    summary, run.attempts = _summary(batch, entry.id, run.id, run.core, definitions)
    if any(_cuts(batch, claim) for claim in definitions.values()):
        return False
    _note_latest(state, run.core, run.attempts)
    state.tail = [summary]
    state.claims = {claim: _sized(definitions[claim], Fold()) for claim in summary.claims}
    for claim, fold in lives(state).items():
        row = _row(claim, fold, (), state.claims[claim])
        batch.changes.claims.append(_defined(batch, entry, row, definitions[claim]))
    entry.dirty = True
    return True


def _advance(batch: Batch, entry: NodeEntry, state: JobState, runs: Iterable[RunEntry]) -> bool:
    """Fold changed runs into the job's tail. False: they do not fit, all runs must be folded again."""
    if state.cut:
        return False
    definitions = Definitions()
    fresh: list[tuple[Summary, RunEntry]] = []
    for run in runs:
        summary, run.attempts = _summary(batch, entry.id, run.id, run.core, definitions)
        _note_latest(state, run.core, run.attempts)
        if run.stale is not None and _summary(batch, entry.id, run.id, decode_core(run.stale), {})[0] == summary:
            continue
        fresh.append((summary, run))
    entry.dirty = True
    made = {claim for summary, _ in fresh for claim in summary.claims}
    wanted = made - state.claims.keys()
    # Claims of the changed runs are written in any case: only other live claims need comparing.
    before = lives(state) if state.claims.keys() - made else {}
    stored = batch.storage.load_folds(wanted) if wanted and not entry.new else {}
    if any(_cuts(batch, definitions[claim]) for claim in wanted if claim not in stored):
        return False
    for claim in wanted:
        raw = stored.get(claim)
        state.claims[claim] = _sized(definitions[claim], Fold()) if raw is None else decode_fold(raw)
    fresh.sort(key=_order)
    for summary, run in fresh:
        if not place(state, summary, known=not run.new):
            return False
    shorten(state)
    after = lives(state)
    new = wanted - stored.keys()
    moved = {claim: fold for claim, fold in after.items() if claim in made or before.get(claim) != fold}
    ended = _evict(batch, state, moved, new)
    for claim, fold in moved.items():
        row = _row(claim, fold, state.held.get(claim, ()), ended.get(claim) or state.claims[claim])
        batch.changes.claims.append(_defined(batch, entry, row, definitions[claim]) if claim in new else row)
    return True


def _order(pair: tuple[Summary, RunEntry]) -> tuple[int, str]:
    return order(pair[0])


def _note_latest(state: JobState, core: RunCore, found: list[Attempt]) -> None:
    """The job's status is the state of the run with the latest event."""
    if core.events:
        last = max([event[0] for event in core.events.values()])
        mark = (last, core.key[2], found[-1].state)
        if state.latest is None or mark[:2] >= state.latest[:2]:
            state.latest = mark


def _evict(batch: Batch, state: JobState, moved: dict[str, Fold], new: set[str]) -> dict[str, Fold]:
    """Remove ended claims from the job's state and return them; remove claims that no run makes from the graph."""
    live = {claim for summary in state.tail for claim in summary.claims}
    ended: dict[str, Fold] = {}
    for claim in state.claims.keys() - live:
        fold = state.claims[claim]
        if fold.since is not None:
            continue
        del state.claims[claim]
        if fold.asserts == 0 and claim not in state.held:
            moved.pop(claim, None)
            if claim not in new:
                _remove(batch, claim, fold)
            continue
        ended[claim] = fold
        moved.setdefault(claim, fold)
    return ended


def _anew(batch: Batch, entry: NodeEntry, state: JobState, runs: Iterable[RunEntry]) -> None:
    """Fold all runs and declarations of a job: after a late run, a drop, a merge or a declaration."""
    entry.dirty = True
    cores = {run: decode_core(core) for run, core in batch.storage.cores_of(entry.id)}
    cores |= {run.id: run.core for run in runs}
    named = {d for core in cores.values() for d in (*core.inputs, *core.outputs)}
    batch.prefetch_datasets(sorted(named))
    definitions = Definitions()
    summaries = []
    state.latest = None
    for run, core in cores.items():
        summary, found = _summary(batch, entry.id, run, core, definitions)
        _note_latest(state, core, found)
        summaries.append(summary)
    process = (entry.key.namespace, entry.key.name)
    state.held = _held(batch, entry, state, process, definitions)
    cuts = {c: times for c, claim in definitions.items() if (times := _cuts(batch, claim))}
    state.cut = bool(cuts)
    checkpoints, folds, tail = fold_all(summaries, cuts)
    state.tail, state.horizon = tail, None
    folded = sorted(map(order, summaries))[: len(summaries) - len(tail)]
    if folded:
        state.horizon = folded[-1]
    live = {claim for summary in tail for claim in summary.claims}
    kept = {c: checkpoints.get(c, Fold()) for c in folds}
    for claim, fold in kept.items():
        _sized(definitions[claim], fold)
    state.claims = {c: fold for c, fold in kept.items() if c in live or fold.since is not None}
    _replace(batch, entry, definitions, folds, kept, state.held)


def _declared(batch: Batch, entry: NodeEntry, state: DatasetState) -> None:
    """The claims of a dataset that declares its own lineage."""
    definitions = Definitions()
    state.held = _held(batch, entry, state, None, definitions)
    _replace(batch, entry, definitions, {}, {}, state.held)


def _held(
    batch: Batch, entry: NodeEntry, state: JobState | DatasetState, process: EntityKey | None, definitions: Definitions
) -> dict[str, tuple[Interval, ...]]:
    declared = []
    for event, static in state.statics.items():
        made = static_claims(static, entry.id, process, batch.resolve)
        definitions.update((claim.id, claim) for claim in made)
        declared.append((static.time, event, frozenset(claim.id for claim in made)))
    held = static_intervals(declared)
    return {claim: _without(parts, _cuts(batch, definitions[claim])) for claim, parts in held.items()}


def _without(parts: tuple[Interval, ...], cuts: list[int]) -> tuple[Interval, ...]:
    """A declaration ends with the drop of a dataset in it; a later declaration starts again."""
    result = []
    for start, end in parts:
        stops = [t for t in cuts if start < t and (end is None or t < end)]
        result.append((start, min(stops) if stops else end))
    return tuple(result)


def _cuts(batch: Batch, claim: Claim) -> list[int]:
    """When a dataset of the claim was dropped, under any of its names."""
    times: set[int] = set()
    for key in (*claim.inputs, *claim.outputs, *([claim.output] if claim.output else [])):
        state = batch.dataset_state(key)
        if state.drops:
            times |= state.drops
        for alias in state.aliases:
            times |= batch.dataset_state(alias).drops
    return sorted(times) if times else []


def _replace(
    batch: Batch,
    entry: NodeEntry,
    definitions: Definitions,
    folds: dict[str, Fold],
    kept: dict[str, Fold],
    held: dict[str, tuple[Interval, ...]],
) -> None:
    """Make the stored claims of an owner exactly these."""
    stored = set(batch.storage.claims_of(entry.id))
    wanted = folds.keys() | held.keys()
    gone = stored - wanted
    for claim, row in batch.storage.load_folds(gone).items() if gone else ():
        _remove(batch, claim, decode_fold(row))
    for claim in wanted:
        definition = definitions[claim]
        fold = folds.get(claim) or _sized(definition, Fold())
        checkpoint = kept.get(claim) or _sized(definition, Fold())
        made = _row(claim, fold, held.get(claim, ()), checkpoint)
        batch.changes.claims.append(made if claim in stored else _defined(batch, entry, made, definition))


def _row(claim: str, fold: Fold, held: tuple[Interval, ...], checkpoint: Fold) -> ClaimRow:
    confirmed = fold.confirmed
    if held and (confirmed is None or held[0][0] < confirmed):
        confirmed = held[0][0]
    last_at, last_run = fold.last or (None, None)
    return ClaimRow(
        id=claim,
        valid=united((*intervals(fold), *held)) if held else intervals(fold),
        confirmed_at=confirmed,
        last_run=last_run,
        last_at=last_at,
        confirmations=fold.confirmations,
        fold=encode(checkpoint),
    )


def _defined(batch: Batch, entry: NodeEntry, row: ClaimRow, claim: Claim) -> ClaimRow:
    process = entry.id if claim.process is None else job_id(claim.process)
    _count(batch, _sized(claim, Fold()).size, 1)
    row.owner, row.process, row.new = entry.id, process, True
    row.outputs = tuple(map(dataset_id, claim.outputs))
    if claim.output is None:
        row.inputs = tuple(map(dataset_id, claim.inputs))
    else:
        row.output = dataset_id(claim.output)
        row.transforms = _transforms(batch, claim)
    return row


def _transforms(batch: Batch, claim: Claim) -> tuple[Transform, ...]:
    missing = [d for d in claim.columns if d not in batch.raws]
    if missing:
        batch.raws.update(batch.storage.load_blobs(missing))
    merged: dict[tuple[str, str | None, str | None], bytes] = {}
    for (source, column, target), kinds in transforms(batch.raws[d] for d in claim.columns).items():
        edge = (dataset_id(batch.resolve(source)), column, target)
        merged[edge] = max(kinds, merged.get(edge, b""))
    return tuple(Transform(s, c, t, kinds) for (s, c, t), kinds in merged.items())


def _sized(claim: Claim, fold: Fold) -> Fold:
    """Store what the counts need, so that a claim can be removed without its definition."""
    if claim.output is None and fold.size is None:
        namespace = claim.process[0] if claim.process else (claim.outputs or claim.inputs)[0][0]
        fold.size = (namespace, len(claim.inputs), len(claim.outputs))
    return fold


def _remove(batch: Batch, claim: str, fold: Fold) -> None:
    batch.changes.gone_claims.append(claim)
    _count(batch, fold.size, -1)


def _count(batch: Batch, size: tuple[str, int, int] | None, sign: int) -> None:
    if size is None:
        return
    tally = batch.changes.tally
    for what, amount in (("Flow", 1), ("FEEDS", size[1]), ("YIELDS", size[2])):
        if amount:
            tally[what, size[0]] = tally.get((what, size[0]), 0) + sign * amount
