"""The few facets that lineage itself needs, decoded from their raw bytes.

A facet whose shape its specification does not define is ignored here; it is stored and served as it was sent. Producers
repeat facets in every event, so decoded facets are cached.
"""

from collections.abc import Callable
from functools import lru_cache
from hashlib import sha256
from typing import Generic, TypeVar

import msgspec

from headwater.contracts.grants import needs_annotate
from headwater.contracts.lineage import (
    ColumnInput,
    ColumnLineageFacet,
    JobTypeFacet,
    LineageEntry,
    LineageInput,
    ParentFacet,
    entries_of_job,
    entry_of_dataset,
    facet_reader,
    is_deleted,
    is_dropped,
    other_names,
)
from headwater.graph.state.facts import ColumnSource, EntityKey, FacetValues, RunKey

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
    `declares`: it has a lineage facet, even a deleted or empty one."""

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


class _EmissionPattern(msgspec.Struct):
    content: str | None = msgspec.field(default=None, name="eventContentMode")


class _JobType(JobTypeFacet):
    emission: _EmissionPattern | None = msgspec.field(default=None, name="emissionPattern")


_all = msgspec.json.Decoder(dict[str, msgspec.Raw] | None).decode
_job_type = lru_cache(REMEMBERED)(facet_reader(_JobType))
_parent = facet_reader(ParentFacet)
_column_lineage = facet_reader(ColumnLineageFacet)


class _Remembered(Generic[T]):
    """Decoded facets by their bytes; cleared once the bytes exceed a limit."""

    def __init__(self, read: Callable[[dict[str, bytes]], T]) -> None:
        self._read = read
        self._known: dict[bytes, T] = {}
        self._size = 0

    def __call__(self, raw: msgspec.Raw) -> T:
        """Raises DecodeError when the facets are not a JSON object."""
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
    return FacetValues({name: None if is_deleted(value) else value for name, value in facets.items()})


def _read_job(facets: dict[str, bytes]) -> JobFacets:
    raw = facets.get("jobType")
    kind = _job_type(raw) if raw is not None else None
    return JobFacets(
        _kept(facets),
        streaming=kind is not None and (kind.processing_type or "").upper() in STREAMING,
        snapshot=kind is not None and kind.emission is not None and kind.emission.content == "COMPLETE_SNAPSHOT",
        entries=entries_of_job(facets.get("lineage")),
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
    kept = _kept(facets)
    return DatasetFacets(
        kept,
        other_names(facets),
        is_dropped(facets),
        kept.get("columnLineage"),
        entry_of_dataset(facets.get("lineage")),
        "lineage" in facets or "columnLineage" in facets,
    )


def _read_description(facets: dict[str, bytes]) -> DatasetFacets:
    return _read_dataset({name: value for name, value in facets.items() if not needs_annotate(name, value)})


of_job = _Remembered(_read_job)
of_run = _Remembered(_read_run)
of_dataset = _Remembered(_read_dataset)
of_described = _Remembered(_read_description)  # without facets that need `dataset:annotate`
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
    """The fields of an explicit entry, in the form of `columnLineage`."""
    fields = {
        column: {"inputFields": [_as_input(s) for s in field.inputs if _is_dataset(s)]}
        for column, field in (entry.fields or {}).items()
    }
    whole = [_as_input(s) for s in entry.inputs or [] if s.field is not None and _is_dataset(s)]
    if not any(target["inputFields"] for target in fields.values()) and not whole:
        return None
    raw = msgspec.json.encode({"fields": fields, "dataset": whole}, order="sorted")
    return columns(output, raw)


def _is_dataset(source: LineageInput) -> bool:
    return source.type != "JOB" and bool(source.namespace and source.name)


def _as_input(source: "msgspec.Struct") -> ColumnInput:
    return msgspec.convert(source, ColumnInput, from_attributes=True)


def digest(raw: bytes) -> str:
    return sha256(raw).hexdigest()[:32]
