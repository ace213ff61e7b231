"""Converts stored records to the types of `contracts.api`."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import structs

from headwater.contracts.api.graph import Attempt, Node, RunSummary
from headwater.contracts.keys import Kind
from headwater.contracts.times import format_instant
from headwater.graph.answering.lookups import NodeRecord, RunRecord
from headwater.graph.deriving.changes import Interval
from headwater.graph.state.cards import ingests
from headwater.graph.state.labels import job_label


class Card(msgspec.Struct):
    tags: list[str] = []
    summary: dict[str, Any] = {}


class AttemptRecord(msgspec.Struct):
    state: str
    started_at: int | None = None
    ended_at: int | None = None


_card = msgspec.json.Decoder(Card).decode
_attempts = msgspec.json.Decoder(list[AttemptRecord]).decode


def summary_of(card: bytes) -> dict[str, Any]:
    return _card(card).summary


@lru_cache(maxsize=1_024)
def edge_into(card: bytes) -> str:
    """The type of the edges from datasets to a process, by its card; many processes have the same."""
    return "INGESTED_BY" if ingests(summary_of(card)) else "TRANSFORMED_BY"


def instant(micros: int | None) -> str | None:
    return None if micros is None else format_instant(micros)


def valid_of(valid: Iterable[Interval]) -> list[tuple[str, str | None]]:
    return [(format_instant(start), None if end is None else format_instant(end)) for start, end in valid]


def node_fields(node: NodeRecord) -> dict[str, Any]:
    return structs.asdict(node_of(node))


def node_of(node: NodeRecord) -> Node:
    card, key = _card(node.card), node.key
    return Node(
        id=node.id,
        kind=node.kind,
        namespace=key.namespace,
        name=key.name,
        label=node.label,
        status=node.status,
        tags=card.tags,
        first_seen=format_instant(node.first_seen),
        last_seen=format_instant(node.last_seen),
        summary=card.summary,
    )


def run_fields(run: RunRecord) -> dict[str, Any]:
    attempts = [
        Attempt(state=a.state, started_at=instant(a.started_at), ended_at=instant(a.ended_at))
        for a in _attempts(run.attempts)
    ]
    return {
        "id": run.id,
        "job_id": run.job,
        "job_namespace": run.namespace,
        "job_name": run.job_name,
        "job_label": job_label(run.namespace, run.job_name),
        "run_id": run.run_id,
        "state": run.state,
        "started_at": instant(run.started_at),
        "ended_at": instant(run.ended_at),
        "attempts": attempts,
        "conflict": run.conflict,
    }


def run_node(run: RunRecord) -> Node:
    """A run as a node: with its job's name, labelled by its run id."""
    return Node(
        id=run.id,
        kind=Kind.RUN.value,
        namespace=run.namespace,
        name=run.job_name,
        label=run.run_id,
        status=run.state,
        first_seen=instant(run.started_at),
        last_seen=instant(run.seen),
        summary={"job_id": run.job, "run_id": run.run_id},
    )


def run_summary(run: RunRecord) -> RunSummary:
    return RunSummary(**run_fields(run))
