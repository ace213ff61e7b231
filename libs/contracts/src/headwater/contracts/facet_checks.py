"""Names inside the facets that lineage reads: they become nodes, so the limits of all names apply.

A facet whose shape its specification does not define is ignored by lineage, and here too. A facet no larger than the
limit of a name cannot contain a longer name: only large facets are decoded.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
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

Names = Iterator[tuple[str, Any]]
"""Paths inside a facet, each with an object that has a namespace and a name."""
Named = Callable[[bytes], Names]
"""The identities in a facet. Raises DecodeError, UnicodeDecodeError or RecursionError in any other shape."""


def check_facets(errors: Errors, event: LineageEvent) -> None:
    """Every facet of the event's job and datasets that names others."""
    if event.job is not None:
        _check(errors, "job", event.job.facets, OF_JOBS)
    if event.dataset is not None:
        _check(errors, "dataset", event.dataset.facets, OF_DATASETS)
    for side, datasets in (("inputs", event.inputs), ("outputs", event.outputs)):
        for index, dataset in enumerate(datasets or ()):
            if dataset.facets:
                _check(errors, f"{side}[{index}]", dataset.facets, OF_DATASETS)


def has_long_name(raw: bytes, named: Named) -> bool:
    """Whether a facet contains a name longer than the limit."""
    return len(raw) > NAME_LIMIT and any(True for _ in _long_names(raw, named))


def _check(errors: Errors, field: str, facets: Facets | None, of: Mapping[str, Named]) -> None:
    for facet, named in of.items():
        raw = facets.get(facet) if facets else None
        if raw is not None and len(raw) > NAME_LIMIT:
            for path in _long_names(bytes(raw), named):
                if len(errors) >= MOST_ERRORS:
                    return
                message = f"is longer than {NAME_LIMIT} bytes: shorten the name"
                errors.append(FieldError(f"{field}.facets.{facet}{path}", message))


def _long_names(raw: bytes, named: Named) -> Iterator[str]:
    """The paths of names and namespaces that are too long."""
    try:
        for path, found in named(raw):
            for part in ("namespace", "name"):
                text = getattr(found, part)
                if text is not None and is_long(text, NAME_LIMIT):
                    yield f"{path}.{part}"
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return


def _symlinks(raw: bytes) -> Names:
    return _numbered("identifiers", msgspec.json.decode(raw, type=SymlinksFacet).identifiers)


def _lifecycle(raw: bytes) -> Names:
    previous = msgspec.json.decode(raw, type=LifecycleFacet).previous
    return iter(() if previous is None else [(".previousIdentifier", previous)])


def _columns(raw: bytes) -> Names:
    facet = msgspec.json.decode(raw, type=ColumnLineageFacet)
    for column, target in facet.fields.items():
        yield from _numbered(f"fields[{column[:64]}].inputFields", target.input_fields)
    yield from _numbered("dataset", facet.dataset)


def _dataset_lineage(raw: bytes) -> Names:
    return _entry("", msgspec.json.decode(raw, type=LineageEntry))


def _job_lineage(raw: bytes) -> Names:
    for index, entry in enumerate(msgspec.json.decode(raw, type=LineageJobFacet).entries):
        yield from _entry(f".entries[{index}]", entry)


def _entry(path: str, entry: LineageEntry) -> Names:
    yield path, entry
    for where, found in _numbered("inputs", entry.inputs or ()):
        yield path + where, found
    for column, target in (entry.fields or {}).items():
        for where, found in _numbered(f"fields[{column[:64]}].inputs", target.inputs):
            yield path + where, found


def _numbered(member: str, found: Iterable[Any]) -> Names:
    return ((f".{member}[{index}]", each) for index, each in enumerate(found))


OF_JOBS: Mapping[str, Named] = {"lineage": _job_lineage}
OF_DATASETS: Mapping[str, Named] = {
    "symlinks": _symlinks,
    "lifecycleStateChange": _lifecycle,
    "columnLineage": _columns,
    "lineage": _dataset_lineage,
}
