"""What one batch of messages does to the tables, inside one transaction.

Order within the batch does not matter: model events first, then rows, then the panes that rows changed.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

import sqlalchemy as sa

from headwater.contracts.metrics import Window
from headwater.contracts.predictions import ModelRef, ReportedMetric, RunRef
from headwater.evaluation import UnreadableState
from headwater.evaluation.states import AnyState, state_of, zero
from headwater.metrics_engine import pane_store, reported, store
from headwater.metrics_engine.database import lock_models
from headwater.metrics_engine.join import (
    NOTHING,
    Labelled,
    PaneKey,
    Predicted,
    contributions,
    encode,
    losers,
    merged,
    place,
)
from headwater.metrics_engine.messages import LabelClaim, PredictionClaim
from headwater.metrics_engine.pane_store import COMPUTED, OutputSeen, Pane, PaneId
from headwater.metrics_engine.panes import Changes, apply
from headwater.metrics_engine.profile import Told
from headwater.metrics_engine.publish import output_message, publish
from headwater.metrics_engine.registry import Registry, register
from headwater.metrics_engine.remaking import remade
from headwater.metrics_engine.store import Sample, SupersededLabel, Version

_REBUILD_ROWS = 20_000  # rows read at a time when panes are made anew: bounds memory


class Said(NamedTuple):
    """What one record says, by kind."""

    predictions: Sequence[PredictionClaim] = ()
    labels: Sequence[LabelClaim] = ()
    model: tuple[ModelRef, Told] | None = None
    metric: tuple[ReportedMetric, reported.Report] | None = None

    def models(self) -> Iterator[ModelRef]:
        yield from {claim.model for claim in self.predictions}
        yield from {claim.model for claim in self.labels}
        if self.model is not None:
            yield self.model[0]
        if self.metric is not None:
            yield self.metric[0].model


class Rules(NamedTuple):
    """`pane_seconds`: length of a pane; `revision_seconds`: least time between two revisions of a pane."""

    pane_seconds: int
    revision_seconds: float


class Batch:
    """One use: `run()`; then `tally` counts claims by (kind, what became of it), and `revisions` what was published."""

    def __init__(self, connection: sa.Connection, said: Sequence[Said], *, rules: Rules, now: int) -> None:
        self._connection, self._said, self._rules, self._now = connection, said, rules, now
        self._models = store.models(connection, {ref for item in said for ref in item.models()})
        self._refs = {model: ref for ref, model in self._models.items()}
        lock_models(connection, list(self._refs))
        self._registry = self._register()
        self._ids = self._registry.ids
        self.tally: Counter[tuple[str, str]] = Counter()
        self.revisions = 0

    def run(self) -> bool:
        """Returns whether some pane waits for its next revision. Raises UnreadableState where the tables hold what
        this program cannot read, and what must be known to go on."""
        changes = self._join()
        touched = self._change(changes)
        for version in sorted(self._registry.stale):
            touched += self._rebuild(version)
        touched += self._report()
        self._announce_outputs()
        return self._publish(touched)

    def _register(self) -> Registry:
        mentioned = {(self._models[c.model], c.version) for item in self._said for c in item.predictions}
        mentioned |= {
            (self._models[item.metric[0].model], item.metric[0].version) for item in self._said if item.metric
        }
        return register(
            self._connection,
            self._refs,
            mentioned=mentioned,
            told=[(self._models[item.model[0]], item.model[1]) for item in self._said if item.model is not None],
            pane_seconds=self._rules.pane_seconds,
        )

    def _join(self) -> Changes:
        """Merge claims into rows; what the rows contributed before and contribute now."""
        changes = Changes()
        samples: list[Sample] = []
        superseded: list[SupersededLabel] = []
        profiles = self._registry.profiles(fresh_only=True)
        for model, claims in self._claims().items():
            before = store.samples(self._connection, model, list(claims))
            for key, some in claims.items():
                was = before.get(key, NOTHING)
                row = merged(was, some, self.tally)
                superseded += [SupersededLabel(model, key, label) for label in losers(was, row, some)]
                if row != was:
                    samples.append(Sample(model, key, row))
                    now = place(row.prediction, profiles)
                    then = now if was.prediction is row.prediction else place(was.prediction, profiles)
                    changes.replace(contributions(then, was.label), contributions(now, row.label))
        store.put_samples(self._connection, samples, touched_at=self._now)
        store.add_superseded(self._connection, superseded, touched_at=self._now)
        return changes

    def _claims(self) -> dict[int, dict[str, list[Predicted | Labelled]]]:
        """Claims by model and prediction id."""
        found: dict[int, dict[str, list[Predicted | Labelled]]] = {model: {} for model in self._refs}
        for item in self._said:
            for p in item.predictions:
                model = self._models[p.model]
                claim = Predicted(p.time, p.tie, self._ids[model, p.version], encode(p.kept))
                found[model].setdefault(p.id, []).append(claim)
            for label in item.labels:
                body = None if label.label is None else encode(label.label)
                rows = found[self._models[label.model]]
                rows.setdefault(label.id, []).append(Labelled(label.time, label.tie, body))
        return found

    def _change(self, changes: Changes) -> list[Pane]:
        """Apply changes to stored panes; only panes that differ come back."""
        wanted = {_pane_id(key): change for key, change in changes.items() if change}
        stored = pane_store.panes(self._connection, wanted)
        profiles = self._registry.profiles()
        touched = []
        for key, change in wanted.items():
            pane = stored.get(key, Pane(None, key))
            rows = pane.rows + change.rows
            try:
                after = apply(_state(pane), change, profiles[key.version].task)
            except UnreadableState as error:
                after = remade(self._connection, key, profiles, rows=rows, reason=error).state
            touched.append(_with(pane, rows, after))
        return [pane for pane in touched if pane != stored.get(pane.key)]

    def _rebuild(self, version: int) -> list[Pane]:
        """Make the panes of a version anew from its rows; panes that end without rows say so."""
        profiles = self._registry.profiles()
        task = profiles[version].task if version in profiles else ""
        sums: dict[PaneKey, tuple[int, AnyState | None]] = {}
        rows = store.samples_of_version(self._connection, version)
        while some := list(islice(rows, _REBUILD_ROWS)):
            changes = Changes()
            for row in some:
                changes.replace((), contributions(place(row.prediction, profiles), row.label))
            for key, change in changes.items():
                count, state = sums.get(key, (0, None))
                sums[key] = count + change.rows, apply(state, change, task)
        made = {_pane_id(key): total for key, total in sums.items()}
        stored = {pane.key: pane for pane in pane_store.panes_of_version(self._connection, version)}
        return [
            _with(stored.get(key, Pane(None, key)), *made.get(key, (0, zero(task))))
            for key in stored.keys() | made.keys()
        ]

    def _report(self) -> list[Pane]:
        """Metrics computed elsewhere, each a pane of its own series."""
        reports = [item.metric for item in self._said if item.metric is not None]
        wanted: dict[PaneId, list[reported.Report]] = {}
        for event, report in reports:
            version = self._ids[self._models[event.model], event.version]
            key = PaneId(version, event.metric, reported.slice_of(event), reported.window_of(event))
            wanted.setdefault(key, []).append(report)
        stored = pane_store.panes(self._connection, wanted)
        touched = []
        for key, some in wanted.items():
            pane = stored.get(key, Pane(None, key))
            state, rows = reported.merge(pane.state, some)
            touched.append(pane._replace(rows=rows, state=state))
        return [pane for pane in touched if pane != stored.get(pane.key)]

    def _announce_outputs(self) -> None:
        """Say once which dataset a version writes to, and again when an earlier prediction turns up."""
        seen: dict[tuple[int, str, str], tuple[OutputSeen, RunRef | None]] = {}
        for claim in (claim for item in self._said for claim in item.predictions):
            output = claim.kept.output
            if output is None:
                continue
            key = (self._ids[self._models[claim.model], claim.version], output.namespace, output.name)
            found = OutputSeen(*key, claim.time, claim.tie)
            if key not in seen or (found.time, found.tie) < (seen[key][0].time, seen[key][0].tie):
                seen[key] = found, claim.kept.run
        stored = pane_store.outputs(self._connection, {key[0] for key in seen}) if seen else {}
        news = [(o, run) for key, (o, run) in seen.items() if key not in stored or (o.time, o.tie) < stored[key][3:]]
        pane_store.put_outputs(self._connection, [output for output, _ in news])
        versions = self._registry.versions
        messages = [
            output_message(o, versions[o.version].version, self._refs[versions[o.version].model], run)
            for o, run in news
        ]
        pane_store.add_messages(self._connection, messages)

    def _publish(self, touched: Sequence[Pane]) -> bool:
        """Revisions for panes whose last one is old enough; the others wait, marked dirty."""
        latest = self._now - int(self._rules.revision_seconds * 1_000_000)
        due = [pane for pane in touched if pane.published_at <= latest]
        waiting = [pane._replace(dirty=True) for pane in touched if pane.published_at > latest]
        stored = pane_store.put_panes(self._connection, [pane for pane in due if pane.id is None])
        pane_store.put_panes(self._connection, waiting)
        self.revisions = write_revisions(
            self._connection,
            stored + [pane for pane in due if pane.id is not None],
            self._registry.versions,
            self._refs,
            now=self._now,
        )
        return bool(waiting)


def write_revisions(
    connection: sa.Connection,
    panes: Sequence[Pane],
    versions: Mapping[int, Version],
    models: Mapping[int, ModelRef],
    *,
    now: int,
) -> int:
    """Store the next revision of stored panes, and the messages that carry it. Returns how many there were."""
    done = publish(panes, versions, models, now=now)
    pane_store.put_panes(connection, done.panes)
    pane_store.add_revisions(connection, done.revisions)
    pane_store.add_messages(connection, done.messages)
    return len(done.revisions)


def _pane_id(key: PaneKey) -> PaneId:
    return PaneId(key.version, COMPUTED, key.slice, Window(key.start, key.end))


def _state(pane: Pane) -> AnyState | None:
    return None if pane.state is None else state_of(pane.state)


def _with(pane: Pane, rows: int, state: AnyState | None) -> Pane:
    return pane._replace(rows=rows, state=None if state is None else state.to_bytes())
