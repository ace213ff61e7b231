"""Converts changed entries to rows, each once."""

from collections.abc import Sequence
from typing import Any

import msgspec

from headwater.graph.answering.shapes import AttemptRecord
from headwater.graph.deriving.batch import Batch, NodeEntry, RunEntry, dataset_id, job_id, run_id
from headwater.graph.deriving.changes import FacetRow, NodeRow, RunRow
from headwater.graph.state.attempts import attempts
from headwater.graph.state.cards import describe, label_of
from headwater.graph.state.folding import search_text
from headwater.graph.state.states import DatasetState, JobState, encode

_json = msgspec.json.Encoder(order="deterministic").encode


def write_rows(batch: Batch) -> None:
    """Fill the batch's changes with the rows of every changed node and run."""
    changes = batch.changes
    for run in batch.runs.values():
        if run.dirty:
            row = run_row(run)
            changes.runs.append(row)
            if run.new:
                _count(batch, "Run", row.namespace, 1)
    for entry in batch.entries():
        if not entry.dirty:
            continue
        status = describe(entry.state)  # updates the summary, a part of the state
        state = encode(entry.state)
        if state != entry.before:
            changes.nodes.append(node_row(entry, status, state))
            if entry.facets:
                changes.facets += [FacetRow(entry.id, name, value) for name, value in entry.facets.items()]
            _count_kind(batch, entry)


def node_row(entry: NodeEntry, status: str | None, encoded: bytes) -> NodeRow:
    """The row of a node with this status; `encoded`: its state."""
    state, key = entry.state, entry.key
    if not entry.label or entry.renamed:
        entry.label = label_of(key, state)
    if not entry.card or not isinstance(state, JobState | DatasetState):
        entry.card = card(state.tags, state.summary)
    merged = None
    if isinstance(state, DatasetState) and state.canonical:
        merged = dataset_id(state.canonical)
    return NodeRow(
        entry.id,
        key,
        entry.kind() or key.kind,
        entry.label,
        status,
        state.first,
        max(state.first, state.last),
        entry.card,
        _text(entry) if entry.new or entry.renamed else "",
        merged,
        encoded,
        entry.new,
        entry.renamed,
    )


def _text(entry: NodeEntry) -> str:
    names = [entry.key.name] if entry.label in entry.key.name else [entry.key.name, entry.label]
    if isinstance(entry.state, DatasetState):
        names += [alias[1] for alias in entry.state.aliases]
    return search_text(names)


def card(tags: Sequence[str], summary: dict[str, Any]) -> bytes:
    if not tags and not summary:
        return b"{}"
    return _json({"tags": tags, "summary": summary})


def run_row(run: RunEntry) -> RunRow:
    core = run.core
    namespace, job, name = core.key
    found = run.attempts or attempts([(time, kind) for time, kind, _ in core.events.values()])
    first, last = found[0], found[-1]
    return RunRow(
        run.id,
        job_id((namespace, job)),
        namespace,
        job,
        name,
        last.state,
        first.started_at or 0,
        first.started_at,
        last.ended_at,
        any(a.conflict for a in found),
        _json([AttemptRecord(a.state, a.started_at, a.ended_at) for a in found]),
        run_id(core.parent[2]) if core.parent else None,
        encode(core),
        encode(run.facets),
        run.new,
    )


def _count_kind(batch: Batch, entry: NodeEntry) -> None:
    before, after = entry.shown, entry.kind()
    if before != after:
        if before is not None:
            _count(batch, before, entry.key.namespace, -1)
        if after is not None:
            _count(batch, after, entry.key.namespace, 1)


def _count(batch: Batch, what: str, namespace: str, amount: int) -> None:
    tally = batch.changes.tally
    tally[what, namespace] = tally.get((what, namespace), 0) + amount
