"""Column lineage, from the facet's bytes to single transforms. Pure."""

from collections.abc import Iterable

import msgspec

from headwater.contracts.lineage import ColumnInput, ColumnLineageFacet, ColumnTarget
from headwater.graph.state.facts import EntityKey

ColumnSourceKey = tuple[EntityKey, str | None, str | None]
"""Source dataset, source column (None: the whole dataset), target column (None: every column)."""

decode_facet = msgspec.json.Decoder(ColumnLineageFacet).decode
_canonical = msgspec.json.Encoder(order="sorted").encode


def transforms(facets: Iterable[bytes]) -> dict[ColumnSourceKey, bytes]:
    """Every column edge in the facets, with the union of its transformations as canonical JSON."""
    found: dict[ColumnSourceKey, set[bytes]] = {}
    for raw in facets:
        facet = decode_facet(raw)
        for column, target in facet.fields.items():
            for source in target.input_fields:
                _add(found, source, column, _deprecated(target))
        for source in facet.dataset:
            _add(found, source, None, [])
    return {edge: b"[" + b",".join(sorted(kinds)) + b"]" for edge, kinds in found.items()}


def _add(
    found: dict[ColumnSourceKey, set[bytes]], source: ColumnInput, column: str | None, otherwise: list[bytes]
) -> None:
    kinds = found.setdefault(((source.namespace, source.name), source.field, column), set())
    if source.transformations:
        for each in source.transformations:
            kept = {k: v for k, v in msgspec.structs.asdict(each).items() if v is not None}
            kinds.add(_canonical(kept))
    else:
        kinds.update(otherwise)


def _deprecated(target: ColumnTarget) -> list[bytes]:
    """The transformation as older producers send it, once per target column."""
    kept = {"type": target.transformation_type, "description": target.transformation_description}
    kept = {k: v for k, v in kept.items() if v is not None}
    return [_canonical(kept)] if kept else []
