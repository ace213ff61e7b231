"""The fields that OpenLineage defines for the facets that Headwater reads, those that it does not use included.

They are used to find unknown fields, not to read facets: values stay undecoded, and each may be missing or null.
A facet that is not listed here is a producer's own, or is stored and shown as it was sent.
"""

from collections.abc import Mapping

import msgspec
from msgspec import Raw, field

NOTHING = Raw()


class _Known(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """An object that has only these fields."""


class _Facet(_Known):
    producer: Raw = field(default=NOTHING, name="_producer")
    schema_url: Raw = field(default=NOTHING, name="_schemaURL")
    deleted: Raw = field(default=NOTHING, name="_deleted")


class _ParentRun(_Known):
    run_id: Raw = field(default=NOTHING, name="runId")
    facets: Raw = NOTHING


class _ParentJob(_Known):
    namespace: Raw = NOTHING
    name: Raw = NOTHING
    facets: Raw = NOTHING


class _Root(_Known):
    run: _ParentRun | None = None
    job: _ParentJob | None = None


class Parent(_Facet):
    run: _ParentRun | None = None
    job: _ParentJob | None = None
    root: _Root | None = None


class _EmissionPattern(_Known):
    event_trigger: Raw = field(default=NOTHING, name="eventTrigger")
    event_content_mode: Raw = field(default=NOTHING, name="eventContentMode")
    window_duration: Raw = field(default=NOTHING, name="windowDuration")


class JobType(_Facet):
    processing_type: Raw = field(default=NOTHING, name="processingType")
    integration: Raw = NOTHING
    job_type: Raw = field(default=NOTHING, name="jobType")
    emission_pattern: _EmissionPattern | None = field(default=None, name="emissionPattern")


class _Owner(_Known):
    name: Raw = NOTHING
    type: Raw = NOTHING


class Ownership(_Facet):
    owners: list[_Owner] | None = None


class Documentation(_Facet):
    description: Raw = NOTHING
    content_type: Raw = field(default=NOTHING, name="contentType")


class _JobTag(_Known):
    key: Raw = NOTHING
    value: Raw = NOTHING
    source: Raw = NOTHING


class JobTags(_Facet):
    tags: list[_JobTag] | None = None


class _DatasetTag(_JobTag):
    field: Raw = NOTHING


class DatasetTags(_Facet):
    tags: list[_DatasetTag] | None = None


class _Column(_Known):
    name: Raw = NOTHING
    type: Raw = NOTHING
    description: Raw = NOTHING
    ordinal_position: Raw = NOTHING
    fields: "list[_Column] | None" = None


class Schema(_Facet):
    fields: list[_Column] | None = None


class _Transformation(_Known):
    type: Raw = NOTHING
    subtype: Raw = NOTHING
    description: Raw = NOTHING
    masking: Raw = NOTHING


class _InputField(_Known):
    namespace: Raw = NOTHING
    name: Raw = NOTHING
    field: Raw = NOTHING
    transformations: list[_Transformation] | None = None


class _ColumnSources(_Known):
    input_fields: list[_InputField] | None = field(default=None, name="inputFields")
    transformation_description: Raw = field(default=NOTHING, name="transformationDescription")
    transformation_type: Raw = field(default=NOTHING, name="transformationType")


class ColumnLineage(_Facet):
    fields: dict[str, _ColumnSources] | None = None
    dataset: list[_InputField] | None = None


class _LineageInput(_InputField):
    type: Raw = NOTHING
    run_id: Raw = field(default=NOTHING, name="runId")


class _LineageField(_Known):
    inputs: list[_LineageInput] | None = None


class DatasetLineage(_Facet):
    inputs: list[_LineageInput] | None = None
    fields: dict[str, _LineageField] | None = None


class _LineageEntry(_Known):
    namespace: Raw = NOTHING
    name: Raw = NOTHING
    type: Raw = NOTHING
    run_id: Raw = field(default=NOTHING, name="runId")
    inputs: list[_LineageInput] | None = None
    fields: dict[str, _LineageField] | None = None


class JobLineage(_Facet):
    entries: list[_LineageEntry] | None = None


class _Identifier(_Known):
    namespace: Raw = NOTHING
    name: Raw = NOTHING
    type: Raw = NOTHING


class Symlinks(_Facet):
    identifiers: list[_Identifier] | None = None


class _PreviousIdentifier(_Known):
    namespace: Raw = NOTHING
    name: Raw = NOTHING


class LifecycleStateChange(_Facet):
    change: Raw = field(default=NOTHING, name="lifecycleStateChange")
    previous: _PreviousIdentifier | None = field(default=None, name="previousIdentifier")


RUN: Mapping[str, type[_Facet]] = {"parent": Parent, "parentRun": Parent}
JOB: Mapping[str, type[_Facet]] = {
    "documentation": Documentation,
    "jobType": JobType,
    "lineage": JobLineage,
    "ownership": Ownership,
    "tags": JobTags,
}
DATASET: Mapping[str, type[_Facet]] = {
    "columnLineage": ColumnLineage,
    "documentation": Documentation,
    "lifecycleStateChange": LifecycleStateChange,
    "lineage": DatasetLineage,
    "ownership": Ownership,
    "schema": Schema,
    "symlinks": Symlinks,
    "tags": DatasetTags,
}
"""The facets that Headwater reads, by run, job and dataset; `parentRun` is the name that older clients use."""
