"""The few facets that lineage itself needs, read from their raw bytes.

A facet in a shape that its specification does not know says nothing here; it is kept and
served as it was sent. Producers repeat facets in every event, so readings are remembered.
"""

from collections.abc import Callable
from functools import lru_cache
from hashlib import sha256
from typing import Generic, TypeVar

import msgspec

from headwater.contracts.lineage import (
    ColumnInput,
    ColumnLineageFacet,
    JobTypeFacet,
    LifecycleFacet,
    LineageEntry,
    LineageJobFacet,
    ParentFacet,
    SymlinksFacet,
)
from headwater.graph.facts import ColumnSource, EntityKey, FacetValues, RunKey

T = TypeVar("T")
REMEMBERED = 20_000
REMEMBERED_BYTES = 16 * 1024 * 1024
STREAMING = frozenset({"STREAMING", "SERVICE"})


class JobFacets(msgspec.Struct, frozen=True):
    """`streaming`: the job does not end; `snapshot`: each event is a complete one; `entries`: explicit lineage."""

    kept: FacetValues
    streaming: bool = False
    snapshot: bool = False
    entries: list[LineageEntry] | None = None


class DatasetFacets(msgspec.Struct, frozen=True):
    """`links`: other names of the dataset; `columns`: its column lineage as sent; `entry`: its explicit lineage;
    `declares`: it carries a facet of lineage, were it deleted or void."""

    kept: FacetValues
    links: tuple[EntityKey, ...] = ()
    dropped: bool = False
    columns: bytes | None = None
    entry: LineageEntry | None = None
    declares: bool = False


class RunFacets(msgspec.Struct, frozen=True):
    kept: FacetValues
    parent: RunKey | None = None
    root: RunKey | None = None


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


_all = msgspec.json.Decoder(dict[str, msgspec.Raw] | None).decode
_deletion = _reader(_Deletion)
_job_type = lru_cache(REMEMBERED)(_reader(_JobType))
_parent = _reader(ParentFacet)
_symlinks = _reader(SymlinksFacet)
_lifecycle = _reader(LifecycleFacet)
_column_lineage = _reader(ColumnLineageFacet)
_job_entries = _reader(LineageJobFacet)
_dataset_entry = _reader(LineageEntry)


class _Remembered(Generic[T]):
    """Readings by the facets' bytes; all are forgotten once the bytes are many."""

    def __init__(self, read: Callable[[dict[str, bytes]], T]) -> None:
        self._read = read
        self._known: dict[bytes, T] = {}
        self._size = 0

    def __call__(self, raw: msgspec.Raw) -> T:
        """Raises DecodeError when the facets are no JSON object."""
        key = bytes(raw)
        found = self._known.get(key)
        if found is None:
            facets = _all(key) if key else None
            found = self._read({name: bytes(value) for name, value in facets.items()} if facets else {})
            if self._size > REMEMBERED_BYTES:
                self._known.clear()
                self._size = 0
            self._known[key] = found
            self._size += len(key)
        return found


def _kept(facets: dict[str, bytes]) -> FacetValues:
    """Every facet as it was sent; None where the event deletes it."""
    return FacetValues({name: _undeleted(value) if b'"_deleted"' in value else value for name, value in facets.items()})


def _undeleted(raw: bytes) -> bytes | None:
    deletion = _deletion(raw)
    return None if deletion is not None and deletion.deleted else raw


def _read_job(facets: dict[str, bytes]) -> JobFacets:
    raw = facets.get("jobType")
    kind = _job_type(raw) if raw is not None else None
    raw = facets.get("lineage")
    explicit = _job_entries(raw) if raw is not None else None
    return JobFacets(
        _kept(facets),
        streaming=kind is not None and (kind.processing_type or "").upper() in STREAMING,
        snapshot=kind is not None and kind.emission is not None and kind.emission.content == "COMPLETE_SNAPSHOT",
        entries=None if explicit is None else explicit.entries,
    )


def _read_run(facets: dict[str, bytes]) -> RunFacets:
    """`parentRun` is the name that older clients use."""
    raw = facets.get("parent") or facets.get("parentRun")
    facet = _parent(raw) if raw is not None else None
    if facet is None:
        return RunFacets(_kept(facets))
    root = facet.root
    return RunFacets(
        _kept(facets),
        (facet.job.namespace, facet.job.name, facet.run.run_id),
        (root.job.namespace, root.job.name, root.run.run_id) if root is not None else None,
    )


def _read_dataset(facets: dict[str, bytes]) -> DatasetFacets:
    dropped, links = False, []
    if (raw := facets.get("symlinks")) is not None and (symlinks := _symlinks(raw)) is not None:
        links += [(link.namespace, link.name) for link in symlinks.identifiers]
    if (raw := facets.get("lifecycleStateChange")) is not None and (life := _lifecycle(raw)) is not None:
        change = life.change.upper()
        dropped = change == "DROP"
        if change == "RENAME" and life.previous is not None:
            links.append((life.previous.namespace, life.previous.name))
    raw = facets.get("lineage")
    entry = _dataset_entry(raw) if raw is not None else None
    return DatasetFacets(
        _kept(facets),
        tuple(dict.fromkeys(links)),
        dropped,
        facets.get("columnLineage"),
        entry if entry is not None and (entry.inputs is not None or entry.fields is not None) else None,
        "lineage" in facets or "columnLineage" in facets,
    )


of_job = _Remembered(_read_job)
of_run = _Remembered(_read_run)
of_dataset = _Remembered(_read_dataset)
kept = _Remembered(_kept)


@lru_cache(REMEMBERED)
def columns(output: EntityKey, raw: bytes) -> ColumnSource | None:
    """The column lineage of one output, with the datasets that it reads."""
    facet = _column_lineage(raw)
    if facet is None or (not facet.fields and not facet.dataset):
        return None
    sources = {(s.namespace, s.name) for target in facet.fields.values() for s in target.input_fields}
    sources.update((s.namespace, s.name) for s in facet.dataset)
    return ColumnSource(output, digest(raw), tuple(sorted(sources)), raw)


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
    return columns(output, raw)


def _as_input(source: "msgspec.Struct") -> ColumnInput:
    return msgspec.convert(source, ColumnInput, from_attributes=True)


def digest(raw: bytes) -> str:
    return sha256(raw).hexdigest()[:32]
