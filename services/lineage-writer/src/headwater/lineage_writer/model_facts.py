"""Facts that events about models, outputs, metrics and alerts assert. Pure."""

import msgspec

from headwater.contracts.alerts import AlertEvent
from headwater.contracts.metrics import MetricResult
from headwater.contracts.models import ModelEvent, ModelOutput
from headwater.contracts.predictions import RunRef
from headwater.graph.state.facts import AlertFact, Fact, MetricFact, ModelFact, OutputFact, RunKey, Stamp

_ABOUT = ("task", "label_set", "positive", "threshold", "slices", "description")
_DETAILS = ("features", "artifact_digest", "metrics")
_encode = msgspec.json.Encoder(order="sorted").encode


def facts_of_model(event: ModelEvent, stamp: Stamp) -> list[Fact]:
    """One event in the life cycle of a model version."""
    return [
        ModelFact(
            model=(event.namespace, event.name),
            version=event.version,
            stamp=stamp,
            action=event.action,
            run=_run(event.run),
            datasets=tuple((d.namespace, d.name) for d in event.datasets),
            output=(event.output.namespace, event.output.name) if event.output else None,
            about=_set_fields(event, _ABOUT),
            details=_set_fields(event, _DETAILS),
        )
    ]


def facts_of_output(event: ModelOutput, stamp: Stamp) -> list[Fact]:
    return [
        OutputFact(
            model=(event.namespace, event.name),
            version=event.version,
            stamp=stamp,
            output=(event.output.namespace, event.output.name),
            run=_run(event.run),
        )
    ]


def facts_of_result(result: MetricResult) -> list[Fact]:
    """The unsliced values of one window; slices stay in the metrics engine."""
    if result.slice is not None:
        return []
    return [
        MetricFact(
            model=(result.model.namespace, result.model.name),
            version=result.version,
            metric=value.metric,
            definition=value.definition,
            start=result.window.start,
            end=result.window.end,
            revision=result.revision,
            computed_at=result.computed_at,
            result=result.id,
            value=value.value,
            reason=value.reason,
            interval=value.interval,
            n=value.n,
            labelled=value.labelled,
        )
        for value in result.results
    ]


def facts_of_alert(event: AlertEvent, event_id: str) -> list[Fact]:
    return [
        AlertFact(
            model=(event.model.namespace, event.model.name),
            version=event.version,
            stamp=Stamp(event.at, event_id),
            rule=event.rule_name,  # the graph has no ids of this service
            metric=event.metric,
            state=event.state,
            severity=event.severity,
            emitted_at=event.emitted_at,
            start=event.window.start,
        )
    ]


def _set_fields(event: ModelEvent, fields: tuple[str, ...]) -> bytes:
    """The fields that are set in the event, as a JSON object."""
    return _encode({name: value for name in fields if (value := getattr(event, name)) not in (None, [], {})})


def _run(run: RunRef | None) -> RunKey | None:
    return (run.namespace, run.name, run.run_id) if run is not None else None
