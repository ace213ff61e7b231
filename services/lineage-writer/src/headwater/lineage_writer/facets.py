"""The few facets that lineage itself needs, read from their raw bytes.

A facet in a shape that its specification does not know says nothing here; it is kept and
served as it was sent. Producers repeat facets in every event, so readings are remembered.
"""

from collections.abc import Callable
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple, TypeVar

import msgspec

from headwater.contracts.lineage import (
    ColumnInput,
    ColumnLineageFacet,
    Facets,
    JobTypeFacet,
    LifecycleFacet,
    LineageEntry,
    LineageJobFacet,
    ParentFacet,
    SymlinksFacet,
)
from headwater.graph.facts import ColumnSource, EntityKey, RunKey

T = TypeVar("T")
REMEMBERED = 20_000
STREAMING = frozenset({"STREAMING", "SERVICE"})


class Lifecycle(NamedTuple):
    dropped: bool
    previous: EntityKey | None


class Parents(NamedTuple):
    parent: RunKey
    root: RunKey | None


class _Deletion(msgspec.Struct):
    deleted: bool = msgspec.field(default=False, name="_deleted")


class _EmissionPattern(msgspec.Struct):
    content: str | None = msgspec.field(default=None, name="eventContentMode")


class _JobType(JobTypeFacet):
    emission: _EmissionPattern | None = msgspec.field(default=None, name="emissionPattern")


def _reader(kind: type[T]) -> Callable[[bytes], T | None]:
    decode = msgspec.json.Decoder(kind).decode

    def read(raw: bytes) -> T | None:
        try:
            return decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None

    return read


_deletion = _reader(_Deletion)
_job_type = lru_cache(REMEMBERED)(_reader(_JobType))
_parent = _reader(ParentFacet)
_symlinks = lru_cache(REMEMBERED)(_reader(SymlinksFacet))
_lifecycle = _reader(LifecycleFacet)
_column_lineage = _reader(ColumnLineageFacet)
_job_entries = _reader(LineageJobFacet)
_dataset_entry = _reader(LineageEntry)


def kept(facets: Facets | None) -> dict[str, bytes | None]:
    """Every facet as it was sent; None where the event deletes it."""
    if not facets:
        return {}
    return {
        name: _undeleted(value) if b'"_deleted"' in value else value
        for name, raw in facets.items()
        for value in (bytes(raw),)
    }


def _undeleted(raw: bytes) -> bytes | None:
    deletion = _deletion(raw)
    return None if deletion is not None and deletion.deleted else raw


def job_type(facets: Facets | None) -> tuple[bool, bool]:
    """(the job does not end, each event is a complete snapshot)."""
    raw = facets.get("jobType") if facets else None
    facet = _job_type(bytes(raw)) if raw is not None else None
    if facet is None:
        return False, False
    snapshot = facet.emission is not None and facet.emission.content == "COMPLETE_SNAPSHOT"
    return (facet.processing_type or "").upper() in STREAMING, snapshot


def parents(facets: Facets | None) -> Parents | None:
    """The parent run, and the root run where it is named. `parentRun` is the name that older clients use."""
    raw = (facets.get("parent") or facets.get("parentRun")) if facets else None
    facet = _parent(bytes(raw)) if raw is not None else None
    if facet is None:
        return None
    root = facet.root
    return Parents(
        (facet.job.namespace, facet.job.name, facet.run.run_id),
        (root.job.namespace, root.job.name, root.run.run_id) if root is not None else None,
    )


def links(facets: Facets | None) -> tuple[EntityKey, ...]:
    """Other names of the same dataset: its symlinks, and the name it had before a rename."""
    if not facets:
        return ()
    found: list[EntityKey] = []
    if (raw := facets.get("symlinks")) is not None and (facet := _symlinks(bytes(raw))) is not None:
        found += [(link.namespace, link.name) for link in facet.identifiers]
    if (life := lifecycle(facets)) is not None and life.previous is not None:
        found.append(life.previous)
    return tuple(dict.fromkeys(found))


def lifecycle(facets: Facets | None) -> Lifecycle | None:
    raw = facets.get("lifecycleStateChange") if facets else None
    facet = _lifecycle(bytes(raw)) if raw is not None else None
    if facet is None:
        return None
    change = facet.change.upper()
    renamed = change == "RENAME" and facet.previous is not None
    previous = (facet.previous.namespace, facet.previous.name) if renamed and facet.previous else None
    return Lifecycle(change == "DROP", previous)


@lru_cache(REMEMBERED)
def _columns(output: EntityKey, raw: bytes) -> ColumnSource | None:
    facet = _column_lineage(raw)
    if facet is None or (not facet.fields and not facet.dataset):
        return None
    sources = {(s.namespace, s.name) for target in facet.fields.values() for s in target.input_fields}
    sources.update((s.namespace, s.name) for s in facet.dataset)
    return ColumnSource(output, digest(raw), tuple(sorted(sources)), raw)


def column_lineage(output: EntityKey, facets: Facets | None) -> ColumnSource | None:
    """The column lineage of one output, with the datasets that it reads."""
    raw = facets.get("columnLineage") if facets else None
    return _columns(output, bytes(raw)) if raw is not None else None


def explicit_of_job(facets: Facets | None) -> list[LineageEntry] | None:
    """The entries of the explicit lineage of a job; None when it has none."""
    raw = facets.get("lineage") if facets else None
    facet = _job_entries(bytes(raw)) if raw is not None else None
    return None if facet is None else facet.entries


def explicit_of_dataset(facets: Facets | None) -> LineageEntry | None:
    """The explicit lineage that a dataset carries itself; None when it has none."""
    raw = facets.get("lineage") if facets else None
    entry = _dataset_entry(bytes(raw)) if raw is not None else None
    return entry if entry is not None and (entry.inputs is not None or entry.fields is not None) else None


def columns_of_entry(output: EntityKey, entry: LineageEntry) -> ColumnSource | None:
    """The fields of an explicit entry, said in the words of `columnLineage`."""
    fields = {
        column: {"inputFields": [_as_input(s) for s in field.inputs if s.namespace and s.name]}
        for column, field in (entry.fields or {}).items()
    }
    whole = [_as_input(s) for s in entry.inputs or [] if s.field is not None and s.namespace and s.name]
    if not any(target["inputFields"] for target in fields.values()) and not whole:
        return None
    raw = msgspec.json.encode({"fields": fields, "dataset": whole}, order="sorted")
    return _columns(output, raw)


def _as_input(source: "msgspec.Struct") -> ColumnInput:
    return msgspec.convert(source, ColumnInput, from_attributes=True)


def digest(raw: bytes) -> str:
    return sha256(raw).hexdigest()[:32]
