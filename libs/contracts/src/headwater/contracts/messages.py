"""The messages of each topic, and the JSON Schemas and the AsyncAPI document generated from them."""

from collections.abc import Sequence
from typing import Any

import msgspec

from headwater.contracts import topics
from headwater.contracts.alerts import AlertEvent
from headwater.contracts.audit import AuditEvent
from headwater.contracts.changes import GraphChange
from headwater.contracts.edits import Edit
from headwater.contracts.lineage import LineageEvent
from headwater.contracts.metrics import MetricResult
from headwater.contracts.models import ModelEvent, ModelOutput
from headwater.contracts.predictions import (
    LabelBatch,
    LabelEvent,
    PredictionBatch,
    PredictionEvent,
    PredictionMessage,
    ReportedMetric,
)
from headwater.contracts.topics import Topic

DIALECT = "https://json-schema.org/draft/2020-12/schema"

MESSAGES: dict[str, Any] = {
    topics.OPENLINEAGE_EVENTS: LineageEvent,
    topics.HEADWATER_MODELS: ModelEvent,
    topics.HEADWATER_PREDICTIONS: PredictionEvent | PredictionBatch | ReportedMetric,
    topics.HEADWATER_LABELS: LabelEvent | LabelBatch,
    topics.LINEAGE_EVENTS: LineageEvent,
    topics.LINEAGE_EDITS: Edit,
    topics.MODEL_EVENTS: ModelEvent,
    topics.PREDICTION_EVENTS: PredictionMessage,
    topics.MODEL_OUTPUTS: ModelOutput,
    topics.METRIC_RESULTS: MetricResult,
    topics.ALERT_EVENTS: AlertEvent,
    topics.AUDIT_EVENTS: AuditEvent,
    topics.GRAPH_CHANGES: GraphChange,
}

HEADERS = {
    "received_at": "time of arrival in microseconds since 1970 UTC, decimal",
    "event_id": "digest of the value, 32 hex characters: equal bytes are one event",
    "principal": "opaque reference of the sender",
    "request_id": "the id of the request, or the position on the inbound topic, with which it arrived",
    "notes": "JSON list of what was changed on ingest, unknown fields and facets that are not applied; absent when "
    "there is none",
}

LINEAGE_HEADERS = {
    "grants": "what the sender may change beyond its own jobs, as the gateway decided: * for everything, else a JSON "
    'object with the namespaces on which it held dataset:annotate ("annotate") and ingest:write ("write"); '
    "without it nothing is granted",
}


def schema(topic: Topic) -> dict[str, Any]:
    """JSON Schema of the messages of a topic. On inbound topics `type` may be omitted: it follows from the shape."""
    body = msgspec.json.schema(MESSAGES[topic.name])
    if topic.scope == "inbound":
        _relax_type(body)
    return {"$schema": DIALECT, "$id": f"urn:headwater:schema:{topic.name}", "description": topic.purpose, **body}


def _relax_type(body: dict[str, Any]) -> None:
    """Make `type` optional, and distinguish the shapes by their other fields."""
    body.pop("discriminator", None)
    for definition in body.get("$defs", {}).values():
        if "type" in definition.get("properties", {}):
            definition["required"] = [name for name in definition.get("required", ()) if name != "type"]


def asyncapi(listed: Sequence[Topic]) -> dict[str, Any]:
    """The AsyncAPI 3 document: one channel per topic, and what each program sends and receives."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Headwater topics",
            "version": "1",
            "description": "Messages between producers and the services of Headwater. "
            "Each topic has a dead-letter topic, named by its x-dead-letter.",
        },
        "defaultContentType": "application/json",
        "channels": {_id(topic): _channel(topic) for topic in listed},
        "operations": {name: operation for topic in listed for name, operation in _operations(topic)},
    }


def _id(topic: Topic) -> str:
    return topic.name.replace(".", "_")


def _channel(topic: Topic) -> dict[str, Any]:
    message: dict[str, Any] = {
        "name": topic.name,
        "summary": topic.purpose,
        "payload": {"$ref": f"schemas/{topic.name}.json"},
        "bindings": {"kafka": {"key": {"type": "string", "description": topic.key}}},
    }
    if topic.scope == "internal" and topic.producers == ("ingest-gateway",):
        headers = HEADERS | (LINEAGE_HEADERS if topic.name == topics.LINEAGE_EVENTS else {})
        about = {name: {"type": "string", "description": text} for name, text in headers.items()}
        message["headers"] = {"type": "object", "properties": about}
    configuration: dict[str, Any] = {"max.message.bytes": topic.message_limit}
    configuration["retention.ms"] = -1 if topic.retention is None else topic.retention * 3_600_000
    return {
        "address": topic.name,
        "description": topic.purpose,
        "messages": {"event": message},
        "bindings": {"kafka": {"partitions": topic.partitions, "topicConfiguration": configuration}},
        "x-scope": topic.scope,
        "x-dead-letter": topic.dead_letter,
    }


def _operations(topic: Topic) -> list[tuple[str, dict[str, Any]]]:
    channel = {"$ref": f"#/channels/{_id(topic)}"}
    sides = (("send", topic.producers), ("receive", topic.consumers))
    return [
        (
            f"{program.replace(' ', '_').replace('-', '_')}_{action}s_{_id(topic)}",
            {"action": action, "channel": channel, "title": f"{program} {action}s {topic.name}"},
        )
        for action, programs in sides
        for program in programs
    ]
