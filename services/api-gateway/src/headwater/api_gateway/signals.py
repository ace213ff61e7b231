"""Converts records of the bus to signals for open streams. Pure."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec

from headwater.bus.port import Record
from headwater.contracts import topics
from headwater.contracts.alerts import AlertEvent
from headwater.contracts.api.stream import AlertSignal, GraphSignal, MetricSignal
from headwater.contracts.changes import GraphChange
from headwater.contracts.keys import model_key, model_version_key
from headwater.contracts.metrics import MetricResult
from headwater.contracts.times import format_instant
from headwater.runtime.identity.verifier import Principal

TOPICS = (topics.GRAPH_CHANGES, topics.METRIC_RESULTS, topics.ALERT_EVENTS)
MANY = 200


class Signal(NamedTuple):
    """`name`: of the SSE event. `namespace`: the one that must be visible; None when all must be."""

    name: str
    namespace: str | None
    data: GraphSignal | MetricSignal | AlertSignal


def signals(records: Iterable[Record]) -> Iterator[Signal]:
    """The signals of a batch of records: one for the graph, one per measured window, one per alert.

    A record that cannot be decoded is left out: other consumers dead-letter it.
    """
    changes: list[GraphChange] = []
    for record in records:
        try:
            match record.topic:
                case topics.GRAPH_CHANGES:
                    changes.append(msgspec.json.decode(record.value, type=GraphChange))
                case topics.METRIC_RESULTS:
                    yield measured(msgspec.json.decode(record.value, type=MetricResult))
                case topics.ALERT_EVENTS:
                    yield alerted(msgspec.json.decode(record.value, type=AlertEvent))
        except (msgspec.MsgspecError, UnicodeDecodeError):
            continue
    if changes:
        yield changed(changes)


def changed(changes: list[GraphChange]) -> Signal:
    ids = sorted({node for change in changes for node in change.ids})
    last = max(change.change for change in changes)
    return Signal("graph", None, GraphSignal(change=last, ids=ids if len(ids) <= MANY else None))


def measured(result: MetricResult) -> Signal:
    space, name = result.model.namespace, result.model.name
    return Signal(
        "metric",
        space,
        MetricSignal(
            model_id=model_key(space, name).id,
            version_id=model_version_key(space, name, result.version).id,
            version=result.version,
            metrics=sorted({value.metric for value in result.results}),
            window_start=format_instant(result.window.start),
            window_end=format_instant(result.window.end),
        ),
    )


def alerted(event: AlertEvent) -> Signal:
    space, name = event.model.namespace, event.model.name
    return Signal(
        "alert",
        space,
        AlertSignal(
            rule_id=event.rule_id,
            model_id=model_key(space, name).id,
            version_id=model_version_key(space, name, event.version).id,
            version=event.version,
            metric=event.metric,
            state=event.state,
            severity=event.severity,
            at=format_instant(event.at),
        ),
    )


NEEDS = {"graph": "lineage:read", "metric": "metrics:read", "alert": "alerts:read"}


def seen_by(signal: Signal, principal: Principal) -> Signal | None:
    """The signal for this principal. Ids of nodes are sent only to those who see everything: an id confirms a guessed
    name, and the hint does not contain the namespace of each. Others only learn that something changed."""
    seen = principal.sees(NEEDS[signal.name])
    if signal.namespace is not None:
        return signal if seen.allows(signal.namespace) else None
    if seen.everything or not isinstance(signal.data, GraphSignal):
        return signal
    if not seen.prefixes:
        return None
    return signal._replace(data=GraphSignal(change=signal.data.change, ids=None))
