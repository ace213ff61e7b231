"""The message key of each ingested event: events that must keep their order share a key."""

import msgspec

from headwater.contracts.field_checks import NAME_LIMIT
from headwater.contracts.keys import message_key, prediction_message_key
from headwater.contracts.lineage import LineageEvent, ParentFacet, ParentJob
from headwater.contracts.models import ModelEvent
from headwater.contracts.predictions import (
    LabelBatch,
    LabelEvent,
    PredictionBatch,
    PredictionEvent,
    PredictionMessage,
)

OwnEvent = ModelEvent | PredictionMessage

_decode_parent = msgspec.json.Decoder(ParentFacet).decode


def lineage_key(event: LineageEvent) -> bytes:
    """Job of the root run, else of the parent run, else its own; a dataset event: its dataset."""
    if event.job is None:
        subject = event.dataset
        return message_key(subject.namespace, subject.name) if subject else b""
    facets = event.run.facets if event.run is not None else None
    ancestor = _ancestor(facets.get("parent") or facets.get("parentRun")) if facets else None
    job = ancestor or event.job
    return message_key(job.namespace, job.name)


def _ancestor(parent: msgspec.Raw | None) -> ParentJob | None:
    """The root's or parent's job; None for a facet in another shape, because it must not cause a refusal."""
    if parent is None:
        return None
    try:
        facet = _decode_parent(parent)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    job = facet.root.job if facet.root is not None else facet.job
    return job if len(job.namespace) + len(job.name) <= 2 * NAME_LIMIT else None


def lineage_namespace(event: LineageEvent) -> str:
    """The namespace for which `ingest:write` is required: the job's, or the dataset's for a dataset event."""
    subject = event.job or event.dataset
    return subject.namespace if subject else ""


def own_key(event: OwnEvent) -> bytes:
    """Shard of model and prediction id (of a batch: its first); model events and reported metrics: the model."""
    if isinstance(event, ModelEvent):
        return message_key(event.namespace, event.name)
    model = event.model
    if isinstance(event, PredictionEvent):
        return prediction_message_key(model.namespace, model.name, event.id)
    if isinstance(event, LabelEvent):
        return prediction_message_key(model.namespace, model.name, event.prediction_id)
    if isinstance(event, PredictionBatch):
        return prediction_message_key(model.namespace, model.name, event.ids[0])
    if isinstance(event, LabelBatch):
        return prediction_message_key(model.namespace, model.name, event.prediction_ids[0])
    return message_key(model.namespace, model.name)


def own_namespace(event: OwnEvent) -> str:
    """The namespace for which `ingest:write` is required: the model's."""
    return event.namespace if isinstance(event, ModelEvent) else event.model.namespace
