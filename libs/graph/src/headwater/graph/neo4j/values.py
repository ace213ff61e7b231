"""Converts rows of the engine to properties, and properties to records. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Any

import msgspec

from headwater.contracts.keys import Kind, NodeKey
from headwater.graph.answering.lookups import LinkRecord, NodeRecord, RunRecord, Step
from headwater.graph.answering.shapes import Card
from headwater.graph.deriving.changes import ClaimRow, FacetRow, Interval, LinkRow, NodeRow, RunRow
from headwater.graph.state.cards import ingests
from headwater.graph.state.folding import label_pieces, order_key

Row = dict[str, Any]
Values = Mapping[str, Any]

# A property list cannot contain null: an open interval ends at the greatest integer.
OPEN = (1 << 63) - 1
LAST = OPEN
_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(dict[str, bytes]).decode
_card = msgspec.json.Decoder(Card).decode


def flat(valid: Sequence[Interval]) -> list[int]:
    """Intervals as one list: from, to, from, to, …"""
    return [moment for start, end in valid for moment in (start, OPEN if end is None else end)]


def intervals(moments: Sequence[int]) -> tuple[Interval, ...]:
    ends = [None if end == OPEN else end for end in moments[1::2]]
    return tuple(zip(moments[::2], ends, strict=True))


def node_properties(row: NodeRow) -> Row:
    """All properties of a node but its facets."""
    name = row.key.name
    identity = {
        "id": row.id,
        "key_kind": row.key.kind,
        "namespace": row.key.namespace,
        "name": name,
        "folded": order_key(name),
    }
    return identity | changing_properties(row) | naming_properties(row)


def changing_properties(row: NodeRow) -> Row:
    """Properties that may change each time that a node is written."""
    return {
        "kind": row.kind,
        "label": row.label,
        "status": row.status,
        "first_seen": row.first_seen,
        "last_seen": row.last_seen,
        "card": row.card,
        "state": row.state,
        "ingests": row.key.kind == Kind.ETL_PROCESS.value and ingests(_card(row.card).summary),
    }


def naming_properties(row: NodeRow) -> Row:
    """Properties that change only with names."""
    return {"folded_label": label_pieces(row.label), "text": row.text, "merged_into": row.merged_into}


def merged_facets(stored: bytes | None, changed: Iterable[FacetRow]) -> bytes | None:
    """The facets of a node after a change, packed; None when none is left."""
    facets = unpack_facets(stored)
    for facet in changed:
        if facet.value is None:
            facets.pop(facet.name, None)
        else:
            facets[facet.name] = facet.value
    return _pack(facets) if facets else None


def unpack_facets(stored: bytes | None) -> dict[str, bytes]:
    return {} if stored is None else _unpack(stored)


def node_record(found: Values) -> NodeRecord:
    return NodeRecord(
        found["id"],
        NodeKey(found["key_kind"], found["namespace"], found["name"]),
        found["kind"],
        found["label"],
        found["status"],
        found["first_seen"],
        found["last_seen"],
        found["card"],
        found["merged_into"],
    )


def run_properties(row: RunRow) -> Row:
    return {
        "id": row.id,
        "job": row.job,
        "namespace": row.namespace,
        "job_name": row.job_name,
        "run_id": row.run_id,
        "state": row.state,
        "seen": row.seen,
        "started_at": row.started_at,
        "ended_at": row.ended_at,
        "conflict": row.conflict,
        "attempts": row.attempts,
        "parent": row.parent,
        "core": row.core,
        "facets": row.facets,
    }


def run_record(found: Values) -> RunRecord:
    return RunRecord(*(found[field] for field in RunRecord._fields))


def claim_life(row: ClaimRow) -> Row:
    """Properties of a claim that change."""
    return {
        "id": row.id,
        "valid": flat(row.valid),
        "confirmed_at": row.confirmed_at,
        "last_run": row.last_run,
        "last_at": row.last_at,
        "confirmations": row.confirmations,
        "fold": row.fold,
    }


def flow_properties(row: ClaimRow) -> Row:
    sides = {"inputs": list(row.inputs), "outputs": list(row.outputs)}
    return claim_life(row) | sides | {"owner": row.owner, "process": row.process}


def column_claim_properties(row: ClaimRow) -> Row:
    return claim_life(row) | {"owner": row.owner, "process": row.process, "output": row.output}


def step(found: Values) -> Step:
    return Step(
        found["flow"],
        found["process"],
        tuple(found["inputs"]),
        tuple(found["outputs"]),
        intervals(found["valid"]),
        found["confirmed_at"],
        found["last_run"],
        found["last_at"],
    )


def link_properties(row: LinkRow) -> Row:
    return {
        "source": row.source,
        "target": row.target,
        "owner": row.owner,
        "since": row.since,
        "last_run": row.last_run,
    }


def link_record(found: Values) -> LinkRecord:
    return LinkRecord(found["source"], found["type"], found["target"], found["since"], found["last_run"])


def column_id(dataset: str, column: str | None) -> str:
    """A column, or all columns of a dataset together. A digest: column names have any length, index keys do not."""
    if column is None:
        return dataset
    return blake2b(f"{dataset}/{column}".encode(), digest_size=16).hexdigest()
