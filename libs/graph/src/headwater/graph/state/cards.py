"""The card of a node, from its key and facets. Pure."""

from functools import lru_cache
from typing import Any

import msgspec

from headwater.contracts.keys import Kind, NodeKey
from headwater.contracts.lineage import JobTypeFacet, SchemaFacet
from headwater.contracts.metrics import reported_definition
from headwater.graph.state.labels import dataset_label, job_label
from headwater.graph.state.states import Alert, DatasetState, JobState, MetricState, ModelState, NodeState, VersionState


class Tag(msgspec.Struct):
    key: str
    value: str | None = None
    field: str | None = None


class TagsFacet(msgspec.Struct):
    tags: list[Tag] = []


class Owner(msgspec.Struct):
    name: str


class OwnershipFacet(msgspec.Struct):
    owners: list[Owner] = []


class DocumentationFacet(msgspec.Struct):
    description: str | None = None


_schema = msgspec.json.Decoder(SchemaFacet).decode
_tags = msgspec.json.Decoder(TagsFacet).decode
_job_type = msgspec.json.Decoder(JobTypeFacet).decode


@lru_cache(maxsize=512)
def _columns(schema: bytes) -> int:
    """The number of columns in a schema facet; cached, since similar datasets share theirs."""
    return len(_schema(schema).fields)


def label_of(key: NodeKey, state: NodeState) -> str:
    """The short name for people: by the rule of its producer, or "churn v3" for a model version."""
    if isinstance(state, VersionState) and state.version:
        version = state.version if state.version[:1] in "vV" else f"v{state.version}"
        return f"{state.model[1]} {version}"
    if key.kind == Kind.EVALUATION_METRIC.value:
        return (
            _shown_name(state.definition, state.metric) if isinstance(state, MetricState) and state.metric else key.name
        )
    if key.kind == Kind.ETL_PROCESS.value:
        return job_label(key.namespace, key.name)
    return dataset_label(key.namespace, key.name) if key.kind == Kind.DATA_SOURCE.value else key.name


def note_facet(state: NodeState, name: str, value: bytes | None) -> None:
    """Update the card from a facet of this event; one that cannot be decoded is not shown."""
    try:
        if name == "tags":
            found = _tags(value).tags if value is not None else []
            state.tags = tuple(sorted({tag_text(t) for t in found if t.field is None}))
        elif name == "schema":
            _put(state.summary, columns=_columns(value) if value is not None else None)
        elif name == "jobType" and isinstance(state, JobState):
            facet = _job_type(value) if value is not None else JobTypeFacet()
            _put(
                state.summary,
                job_type=facet.job_type,
                integration=facet.integration,
                processing_type=facet.processing_type,
            )
    except msgspec.MsgspecError:
        return


def tag_text(tag: Tag) -> str:
    return tag.key if tag.value in (None, "", "true") else f"{tag.key}:{tag.value}"


def _put(summary: dict[str, Any], **values: Any) -> None:
    for name, value in values.items():
        if value is None:
            summary.pop(name, None)
        else:
            summary[name] = value


def ingests(summary: dict[str, Any]) -> bool:
    """Whether the job ingests data from outside, by its type."""
    return "INGEST" in str(summary.get("job_type", "")).upper()


def alert_status(alerts: dict[str, Alert]) -> str | None:
    """firing, pending or ok by the worst rule; None without any rule state."""
    states = {alert.state for alert in alerts.values()}
    if not states:
        return None
    return next((s for s in ("firing", "pending") if s in states), "ok")


def version_stage(state: VersionState) -> str:
    """The latest action by event time."""
    if not state.actions:
        return "registered"
    return max(state.actions.items(), key=lambda item: (item[1][1], item[1][2]))[0]


def describe(state: NodeState) -> str | None:
    """The status of a node; for models and versions also updates their summary."""
    if type(state) is DatasetState:
        return None
    if isinstance(state, JobState):
        return state.latest[2] if state.latest else None
    if isinstance(state, VersionState):
        metrics = sorted(state.metrics.items(), key=lambda item: (item[1].end, item[0]))
        shown = {_shown_name(definition, mark.metric): mark.value for definition, mark in metrics}
        _put(state.summary, stage=version_stage(state), metrics=shown or None)
        return alert_status(state.alerts)
    if isinstance(state, ModelState):
        state.summary = model_summary(state)
        return alert_status(state.alerts)
    return None


def _shown_name(definition: str, metric: str) -> str:
    """A reported value is never shown under the name of the computed one."""
    return f"{metric} (reported)" if definition == reported_definition(metric) else metric


def model_summary(state: ModelState) -> dict[str, Any]:
    marks = state.versions
    newest = max(marks.items(), key=lambda v: (v[1].first, v[0]))[0] if marks else None
    deployed = [(m.time, m.event, v) for v, m in marks.items() if m.action == "deployed"]
    summary: dict[str, Any] = {}
    task = state.about.get("task")
    _put(
        summary,
        task=msgspec.json.decode(task[2]) if task and task[2] else None,
        latest_version=newest,
        deployed_version=max(deployed)[2] if deployed else None,
        versions=len(marks),
    )
    return summary
