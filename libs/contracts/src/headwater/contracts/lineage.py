"""OpenLineage events (core 2-0-2) as Headwater reads them.

A tolerant reader: only what is used is typed, facets stay raw bytes, unknown fields
are ignored here and survive in the log, which keeps the sender's own bytes.
"""

from typing import Literal

import msgspec

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
