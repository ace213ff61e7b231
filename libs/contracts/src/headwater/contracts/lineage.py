"""OpenLineage events (core 2-0-2) as Headwater reads them.

A tolerant reader: only fields in use are typed, facets stay raw bytes, unknown fields are ignored here and remain in
the log, which keeps the sender's bytes.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Literal, TypeVar

import msgspec

T = TypeVar("T")
Facets = dict[str, msgspec.Raw]
EventType = Literal["START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER"]


class Run(msgspec.Struct, gc=False):
    run_id: str = msgspec.field(name="runId")
    facets: Facets | None = None


class Job(msgspec.Struct, gc=False):
    namespace: str
    name: str
    facets: Facets | None = None


class Dataset(msgspec.Struct, gc=False):
    """An input, output or static dataset."""

    namespace: str
    name: str
    facets: Facets | None = None
    input_facets: Facets | None = msgspec.field(default=None, name="inputFacets")
    output_facets: Facets | None = msgspec.field(default=None, name="outputFacets")


class LineageEvent(msgspec.Struct, gc=False):
    """Any of the three events, decoded in one pass: a run event has `run` and `job`,
    a job event `job` alone, a dataset event `dataset` alone."""

    event_time: str = msgspec.field(name="eventTime")
    run: Run | None = None
    job: Job | None = None
    dataset: Dataset | None = None
    inputs: list[Dataset] | None = None
    outputs: list[Dataset] | None = None
    event_type: EventType | None = msgspec.field(default=None, name="eventType")
    producer: str | None = None
    schema_url: str | None = msgspec.field(default=None, name="schemaURL")


decode_event = msgspec.json.Decoder(LineageEvent).decode


class ParentJob(msgspec.Struct):
    namespace: str
    name: str


class ParentRunId(msgspec.Struct):
    run_id: str = msgspec.field(name="runId")


class RootRun(msgspec.Struct):
    run: ParentRunId
    job: ParentJob


class ParentFacet(msgspec.Struct):
    run: ParentRunId
    job: ParentJob
    root: RootRun | None = None


class JobTypeFacet(msgspec.Struct):
    processing_type: str | None = msgspec.field(default=None, name="processingType")
    integration: str | None = None
    job_type: str | None = msgspec.field(default=None, name="jobType")


class Transformation(msgspec.Struct, frozen=True):
    type: str | None = None
    subtype: str | None = None
    description: str | None = None
    masking: bool | None = None


class ColumnInput(msgspec.Struct):
    """One source of a target column. Without `field` the whole source dataset matters."""

    namespace: str
    name: str
    field: str | None = None
    transformations: list[Transformation] | None = None


class ColumnTarget(msgspec.Struct):
    input_fields: list[ColumnInput] = msgspec.field(default_factory=list, name="inputFields")
    transformation_type: str | None = msgspec.field(default=None, name="transformationType")
    transformation_description: str | None = msgspec.field(default=None, name="transformationDescription")


class ColumnLineageFacet(msgspec.Struct):
    fields: dict[str, ColumnTarget] = {}
    dataset: list[ColumnInput] = []


class LineageInput(msgspec.Struct):
    """A source in the explicit lineage facet: a dataset (with or without a field) or a job."""

    type: str = "DATASET"
    namespace: str | None = None
    name: str | None = None
    field: str | None = None
    transformations: list[Transformation] | None = None


class LineageField(msgspec.Struct):
    inputs: list[LineageInput] = []


class LineageEntry(msgspec.Struct):
    """A target in the explicit lineage facet of a job, or (without names) the dataset that carries the facet."""

    type: str = "DATASET"
    namespace: str | None = None
    name: str | None = None
    inputs: list[LineageInput] | None = None
    fields: dict[str, LineageField] | None = None


class LineageJobFacet(msgspec.Struct):
    entries: list[LineageEntry]


class LineageDatasetFacet(msgspec.Struct):
    """It concerns the dataset that carries it, and has no other target."""

    inputs: list[LineageInput] | None = None
    fields: dict[str, LineageField] | None = None


class Symlink(msgspec.Struct):
    namespace: str
    name: str
    type: str | None = None


class SymlinksFacet(msgspec.Struct):
    identifiers: list[Symlink] = []


class PreviousIdentifier(msgspec.Struct):
    namespace: str
    name: str


class LifecycleFacet(msgspec.Struct):
    change: str = msgspec.field(name="lifecycleStateChange")
    previous: PreviousIdentifier | None = msgspec.field(default=None, name="previousIdentifier")


class SchemaField(msgspec.Struct):
    name: str
    type: str | None = None
    description: str | None = None
    fields: list["SchemaField"] | None = None


class SchemaFacet(msgspec.Struct):
    fields: list[SchemaField] = []


def facet_reader(kind: type[T]) -> Callable[[bytes], T | None]:
    """A decoder of one facet that returns None where the facet has another shape."""
    decode = msgspec.json.Decoder(kind).decode

    def read(raw: bytes) -> T | None:
        try:
            return decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None

    return read


class _Deletion(msgspec.Struct):
    deleted: bool = msgspec.field(default=False, name="_deleted")


_deletion = facet_reader(_Deletion)
_explicit_of_job = facet_reader(LineageJobFacet)
_explicit_of_dataset = facet_reader(LineageDatasetFacet)
_symlinks = facet_reader(SymlinksFacet)
_lifecycle = facet_reader(LifecycleFacet)


def is_deleted(facet: bytes) -> bool:
    """Whether the event deletes this facet instead of giving it a value."""
    if b'"_deleted"' not in facet:
        return False
    deletion = _deletion(facet)
    return deletion is not None and deletion.deleted


def _stated(facet: bytes | None, read: Callable[[bytes], T | None]) -> T | None:
    """The content of a facet; None where it is missing or deleted."""
    return None if facet is None or is_deleted(facet) else read(facet)


def is_dropped(facets: Mapping[str, bytes]) -> bool:
    """Whether its facets state that the dataset was dropped."""
    life = _stated(facets.get("lifecycleStateChange"), _lifecycle)
    return life is not None and life.change.upper() == "DROP"


def other_names(facets: Mapping[str, bytes]) -> tuple[tuple[str, str], ...]:
    """Other names of a dataset in its facets, each once: symlinks, and the name before a rename."""
    names: dict[tuple[str, str], None] = {}
    if (symlinks := _stated(facets.get("symlinks"), _symlinks)) is not None:
        names.update(((link.namespace, link.name), None) for link in symlinks.identifiers)
    life = _stated(facets.get("lifecycleStateChange"), _lifecycle)
    if life is not None and life.change.upper() == "RENAME" and life.previous is not None:
        names[life.previous.namespace, life.previous.name] = None
    return tuple(names)


def entries_of_job(facet: bytes | None) -> list[LineageEntry] | None:
    """The explicit lineage of a job's `lineage` facet; None where it states none."""
    stated = _stated(facet, _explicit_of_job)
    return None if stated is None else stated.entries


def entry_of_dataset(facet: bytes | None) -> LineageEntry | None:
    """The explicit lineage of a dataset's `lineage` facet, without names; None where it states none."""
    stated = _stated(facet, _explicit_of_dataset)
    if stated is None or (stated.inputs is None and stated.fields is None):
        return None
    return LineageEntry(inputs=stated.inputs, fields=stated.fields)


def jobs_named(entries: Iterable[LineageEntry]) -> Iterator[tuple[str, str]]:
    """Jobs that explicit lineage names, as targets or as sources."""
    for entry in entries:
        sources = [*(entry.inputs or ()), *(s for field in (entry.fields or {}).values() for s in field.inputs)]
        for each in (entry, *sources):
            if each.type == "JOB" and each.namespace and each.name:
                yield each.namespace, each.name
