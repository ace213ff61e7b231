"""Names inside the facets that lineage reads: they become nodes, and so follow the rule of all names.

A facet in a shape that its specification does not know says nothing, and is not looked at here either. One of no more
bytes than a name may have holds no longer one: only large facets are taken apart.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec

from headwater.contracts.field_checks import MOST_ERRORS, NAME_LIMIT, Errors, is_long
from headwater.contracts.lineage import (
    ColumnLineageFacet,
    Facets,
    LifecycleFacet,
    LineageEntry,
    LineageJobFacet,
    SymlinksFacet,
)
from headwater.contracts.refusals import FieldError

Named = Iterator[tuple[str, Any]]
"""Paths inside a facet, each with something that has a namespace and a name."""


def check_job_facets(errors: Errors, field: str, facets: Facets | None) -> None:
    if facets:
        _check(errors, field, facets, "lineage", _job_lineage)


def check_dataset_facets(errors: Errors, field: str, facets: Facets | None) -> None:
    if facets:
        for facet, named in _OF_DATASETS:
            _check(errors, field, facets, facet, named)


def _check(errors: Errors, field: str, facets: Facets, facet: str, named: Callable[[bytes], Named]) -> None:
    raw = facets.get(facet)
    if raw is None or len(raw) <= NAME_LIMIT:  # type: ignore[arg-type]  # msgspec.Raw has a length
        return
    try:
        for path, found in named(bytes(raw)):
            for part in ("namespace", "name"):
                text = getattr(found, part)
                if text is not None and is_long(text, NAME_LIMIT) and len(errors) < MOST_ERRORS:
                    place = f"{field}.facets.{facet}{path}.{part}"
                    errors.append(FieldError(place, f"is longer than {NAME_LIMIT} bytes: shorten the name"))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return


def _symlinks(raw: bytes) -> Named:
    return _numbered("identifiers", msgspec.json.decode(raw, type=SymlinksFacet).identifiers)


def _lifecycle(raw: bytes) -> Named:
    previous = msgspec.json.decode(raw, type=LifecycleFacet).previous
    return iter(() if previous is None else [(".previousIdentifier", previous)])


def _columns(raw: bytes) -> Named:
    facet = msgspec.json.decode(raw, type=ColumnLineageFacet)
    for column, target in facet.fields.items():
        yield from _numbered(f"fields[{column[:64]}].inputFields", target.input_fields)
    yield from _numbered("dataset", facet.dataset)


def _dataset_lineage(raw: bytes) -> Named:
    return _entry("", msgspec.json.decode(raw, type=LineageEntry))


def _job_lineage(raw: bytes) -> Named:
    for index, entry in enumerate(msgspec.json.decode(raw, type=LineageJobFacet).entries):
        yield from _entry(f".entries[{index}]", entry)


def _entry(path: str, entry: LineageEntry) -> Named:
    yield path, entry
    for where, found in _numbered("inputs", entry.inputs or ()):
        yield path + where, found
    for column, target in (entry.fields or {}).items():
        for where, found in _numbered(f"fields[{column[:64]}].inputs", target.inputs):
            yield path + where, found


def _numbered(member: str, found: Iterable[Any]) -> Named:
    return ((f".{member}[{index}]", each) for index, each in enumerate(found))


_OF_DATASETS: tuple[tuple[str, Callable[[bytes], Named]], ...] = (
    ("symlinks", _symlinks),
    ("lifecycleStateChange", _lifecycle),
    ("columnLineage", _columns),
    ("lineage", _dataset_lineage),
)
