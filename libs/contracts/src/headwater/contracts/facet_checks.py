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
    LineageEvent,
    LineageJobFacet,
    SymlinksFacet,
)
from headwater.contracts.refusals import FieldError

Named = Iterator[tuple[str, Any]]
"""Paths inside a facet, each with something that has a namespace and a name."""
Readers = tuple[tuple[str, Callable[[bytes], Named]], ...]
"""Names of facets, and what each of them names."""


def check_facets(errors: Errors, event: LineageEvent) -> None:
    """Every facet of the event's job and datasets that names others."""
    if event.job is not None:
        _check(errors, "job", event.job.facets, _OF_JOBS)
    if event.dataset is not None:
        _check(errors, "dataset", event.dataset.facets, _OF_DATASETS)
    for side, datasets in (("inputs", event.inputs), ("outputs", event.outputs)):
        for index, dataset in enumerate(datasets or ()):
            if dataset.facets:
                _check(errors, f"{side}[{index}]", dataset.facets, _OF_DATASETS)


def _check(errors: Errors, field: str, facets: Facets | None, readers: Readers) -> None:
    for facet, named in readers:
        raw = facets.get(facet) if facets else None
        if raw is not None and len(raw) > NAME_LIMIT:
            _check_names(errors, f"{field}.facets.{facet}", bytes(raw), named)


def _check_names(errors: Errors, field: str, raw: bytes, named: Callable[[bytes], Named]) -> None:
    try:
        for path, found in named(raw):
            for part in ("namespace", "name"):
                text = getattr(found, part)
                if text is not None and is_long(text, NAME_LIMIT) and len(errors) < MOST_ERRORS:
                    errors.append(
                        FieldError(f"{field}{path}.{part}", f"is longer than {NAME_LIMIT} bytes: shorten the name")
                    )
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


_OF_JOBS: Readers = (("lineage", _job_lineage),)
_OF_DATASETS: Readers = (
    ("symlinks", _symlinks),
    ("lifecycleStateChange", _lifecycle),
    ("columnLineage", _columns),
    ("lineage", _dataset_lineage),
)
