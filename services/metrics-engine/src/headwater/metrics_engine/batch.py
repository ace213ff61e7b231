"""Applies one batch of messages to the tables, inside one transaction.

Order within the batch does not matter: model events first, then rows, then the windows that rows changed.
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
from headwater.metrics_engine import reported, store, window_store
from headwater.metrics_engine.database import lock_models
from headwater.metrics_engine.join import (
    NOTHING,
    Labelled,
    Predicted,
    WindowKey,
    contributions,
    encode,
    merged,
    place,
    superseded_labels,
)
from headwater.metrics_engine.messages import LabelObservation, PredictionObservation
from headwater.metrics_engine.profile import ModelObservation
from headwater.metrics_engine.publish import output_message, publish
from headwater.metrics_engine.registry import Registry, register
from headwater.metrics_engine.remaking import remade
from headwater.metrics_engine.store import Sample, SupersededLabel, Version
from headwater.metrics_engine.window_changes import Changes, apply
from headwater.metrics_engine.window_store import COMPUTED, OutputSeen, WindowId, WindowRow

_REBUILD_ROWS = 20_000  # rows read at a time when windows are recomputed: bounds memory


class Observed(NamedTuple):
    """The content of one record, by kind."""

    predictions: Sequence[PredictionObservation] = ()
    labels: Sequence[LabelObservation] = ()
    model: tuple[ModelRef, ModelObservation] | None = None
    metric: tuple[ReportedMetric, reported.Report] | None = None

    def models(self) -> Iterator[ModelRef]:
        yield from {observation.model for observation in self.predictions}
        yield from {observation.model for observation in self.labels}
        if self.model is not None:
            yield self.model[0]
        if self.metric is not None:
            yield self.metric[0].model


class Rules(NamedTuple):
    """`window_seconds`: length of a window; `revision_seconds`: minimum time between two revisions of a window."""

    window_seconds: int
    revision_seconds: float


class Batch:
    """One use: `run()`; then `tally` counts observations by (kind, outcome), and `revisions` those published."""

    def __init__(self, connection: sa.Connection, observed: Sequence[Observed], *, rules: Rules, now: int) -> None:
        self._connection, self._observed, self._rules, self._now = connection, observed, rules, now
        self._models = store.models(connection, {ref for item in observed for ref in item.models()})
        self._refs = {model: ref for ref, model in self._models.items()}
        lock_models(connection, list(self._refs))
        self._registry = self._register()
        self._ids = self._registry.ids
        self.tally: Counter[tuple[str, str]] = Counter()
        self.revisions = 0

    def run(self) -> bool:
        """Returns whether some window waits for its next revision. Raises UnreadableState where the tables contain
        required state that this program cannot read."""
        changes = self._join()
        touched = self._change(changes)
        for version in sorted(self._registry.stale):
            touched += self._rebuild(version)
        touched += self._report()
        self._announce_outputs()
        return self._publish(touched)

    def _register(self) -> Registry:
        mentioned = {(self._models[c.model], c.version) for item in self._observed for c in item.predictions}
        mentioned |= {
            (self._models[item.metric[0].model], item.metric[0].version) for item in self._observed if item.metric
        }
        return register(
            self._connection,
            self._refs,
            mentioned=mentioned,
            observed=[
                (self._models[item.model[0]], item.model[1]) for item in self._observed if item.model is not None
            ],
            window_seconds=self._rules.window_seconds,
        )

    def _join(self) -> Changes:
        """Merge observations into rows. Returns the contributions of the rows before and after."""
        changes = Changes()
        samples: list[Sample] = []
        superseded: list[SupersededLabel] = []
        profiles = self._registry.profiles(fresh_only=True)
        for model, observations in self._observations().items():
            before = store.samples(self._connection, model, list(observations))
            for key, some in observations.items():
                was = before.get(key, NOTHING)
                row = merged(was, some, self.tally)
                superseded += [SupersededLabel(model, key, label) for label in superseded_labels(was, row, some)]
                if row != was:
                    samples.append(Sample(model, key, row))
                    now = place(row.prediction, profiles)
                    then = now if was.prediction is row.prediction else place(was.prediction, profiles)
                    changes.replace(contributions(then, was.label), contributions(now, row.label))
        store.put_samples(self._connection, samples, touched_at=self._now)
        store.add_superseded(self._connection, superseded, touched_at=self._now)
        return changes

    def _observations(self) -> dict[int, dict[str, list[Predicted | Labelled]]]:
        """By model and prediction id."""
        found: dict[int, dict[str, list[Predicted | Labelled]]] = {model: {} for model in self._refs}
        for item in self._observed:
            for p in item.predictions:
                model = self._models[p.model]
                observation = Predicted(p.time, p.event_id, self._ids[model, p.version], encode(p.kept))
                found[model].setdefault(p.id, []).append(observation)
            for label in item.labels:
                body = None if label.label is None else encode(label.label)
                rows = found[self._models[label.model]]
                rows.setdefault(label.id, []).append(Labelled(label.time, label.event_id, body))
        return found

    def _change(self, changes: Changes) -> list[WindowRow]:
        """Apply changes to stored windows; returns only windows that differ."""
        wanted = {_window_id(key): change for key, change in changes.items() if change}
        stored = window_store.windows(self._connection, wanted)
        profiles = self._registry.profiles()
        touched = []
        for key, change in wanted.items():
            window = stored.get(key, WindowRow(None, key))
            rows = window.rows + change.rows
            try:
                after = apply(_state(window), change, profiles[key.version].task)
            except UnreadableState as error:
                after = remade(self._connection, key, profiles, rows=rows, reason=error).state
            touched.append(_with(window, rows, after))
        return [window for window in touched if window != stored.get(window.key)]

    def _rebuild(self, version: int) -> list[WindowRow]:
        """Recompute the windows of a version from its rows; windows left without rows are emptied."""
        profiles = self._registry.profiles()
        task = profiles[version].task if version in profiles else ""
        sums: dict[WindowKey, tuple[int, AnyState | None]] = {}
        rows = store.samples_of_version(self._connection, version)
        while some := list(islice(rows, _REBUILD_ROWS)):
            changes = Changes()
            for row in some:
                changes.replace((), contributions(place(row.prediction, profiles), row.label))
            for key, change in changes.items():
                count, state = sums.get(key, (0, None))
                sums[key] = count + change.rows, apply(state, change, task)
        made = {_window_id(key): total for key, total in sums.items()}
        stored = {window.key: window for window in window_store.windows_of_version(self._connection, version)}
        return [
            _with(stored.get(key, WindowRow(None, key)), *made.get(key, (0, zero(task))))
            for key in stored.keys() | made.keys()
        ]

    def _report(self) -> list[WindowRow]:
        """Metrics computed elsewhere, each a window of its own series."""
        reports = [item.metric for item in self._observed if item.metric is not None]
        wanted: dict[WindowId, list[reported.Report]] = {}
        for event, report in reports:
            version = self._ids[self._models[event.model], event.version]
            key = WindowId(version, event.metric, reported.slice_of(event), reported.window_of(event))
            wanted.setdefault(key, []).append(report)
        stored = window_store.windows(self._connection, wanted)
        touched = []
        for key, some in wanted.items():
            window = stored.get(key, WindowRow(None, key))
            state, rows = reported.merge(window.state, some)
            touched.append(window._replace(rows=rows, state=state))
        return [window for window in touched if window != stored.get(window.key)]

    def _announce_outputs(self) -> None:
        """Publish once which dataset a version writes to, and again when an earlier prediction arrives."""
        seen: dict[tuple[int, str, str], tuple[OutputSeen, RunRef | None]] = {}
        for observation in (observation for item in self._observed for observation in item.predictions):
            output = observation.kept.output
            if output is None:
                continue
            key = (self._ids[self._models[observation.model], observation.version], output.namespace, output.name)
            found = OutputSeen(*key, observation.time, observation.event_id)
            if key not in seen or (found.time, found.event_id) < (seen[key][0].time, seen[key][0].event_id):
                seen[key] = found, observation.kept.run
        stored = window_store.outputs(self._connection, {key[0] for key in seen}) if seen else {}
        news = [
            (o, run) for key, (o, run) in seen.items() if key not in stored or (o.time, o.event_id) < stored[key][3:]
        ]
        window_store.put_outputs(self._connection, [output for output, _ in news])
        versions = self._registry.versions
        messages = [
            output_message(o, versions[o.version].version, self._refs[versions[o.version].model], run)
            for o, run in news
        ]
        window_store.add_messages(self._connection, messages)

    def _publish(self, touched: Sequence[WindowRow]) -> bool:
        """Revisions for windows whose last one is old enough; the others wait, marked dirty."""
        latest = self._now - int(self._rules.revision_seconds * 1_000_000)
        due = [window for window in touched if window.published_at <= latest]
        waiting = [window._replace(dirty=True) for window in touched if window.published_at > latest]
        stored = window_store.put_windows(self._connection, [window for window in due if window.id is None])
        window_store.put_windows(self._connection, waiting)
        self.revisions = write_revisions(
            self._connection,
            stored + [window for window in due if window.id is not None],
            self._registry.versions,
            self._refs,
            now=self._now,
        )
        return bool(waiting)


def write_revisions(
    connection: sa.Connection,
    windows: Sequence[WindowRow],
    versions: Mapping[int, Version],
    models: Mapping[int, ModelRef],
    *,
    now: int,
) -> int:
    """Store the next revision of stored windows, and the messages about it. Returns their number."""
    done = publish(windows, versions, models, now=now)
    window_store.put_windows(connection, done.windows)
    window_store.add_revisions(connection, done.revisions)
    window_store.add_messages(connection, done.messages)
    return len(done.revisions)


def _window_id(key: WindowKey) -> WindowId:
    return WindowId(key.version, COMPUTED, key.slice, Window(key.start, key.end))


def _state(window: WindowRow) -> AnyState | None:
    return None if window.state is None else state_of(window.state)


def _with(window: WindowRow, rows: int, state: AnyState | None) -> WindowRow:
    return window._replace(rows=rows, state=None if state is None else state.to_bytes())
