"""Derives the next revision of a window: the stored result, and the message about it."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from headwater.contracts.keys import message_key
from headwater.contracts.metrics import MetricResult, MetricValue, reported_definition
from headwater.contracts.models import ModelOutput
from headwater.contracts.predictions import DatasetRef, ModelRef, RunRef
from headwater.evaluation import Estimate, UnreadableState, finalise, state_of, zero
from headwater.evaluation.states import AnyState
from headwater.metrics_engine.profile import Profile
from headwater.metrics_engine.reported import value_of
from headwater.metrics_engine.store import Version
from headwater.metrics_engine.window_store import COMPUTED, Message, OutputSeen, Revision, WindowRow
from headwater.metrics_engine.windows import as_slice

RESULTS = "metric.results"
OUTPUTS = "model.outputs"


class Published(NamedTuple):
    """Windows with their next revision, and the resulting messages."""

    windows: list[WindowRow]
    revisions: list[Revision]
    messages: list[Message]


def values_of(window: WindowRow, version: Version) -> list[MetricValue]:
    """All metrics of a window; empty when its task is unknown or has no metrics yet. A state that cannot be read gives
    no values, with that reason."""
    if window.key.series != COMPUTED:
        return [] if window.state is None else [_reported(window.key.series, window.state)]
    profile = version.profile
    if profile is None:
        return []
    try:
        state = None if window.state is None else state_of(window.state)
    except UnreadableState:
        return [_unreadable(e.metric, e.definition, window.rows) for e in _estimates(profile, zero(profile.task), 0)]
    return [
        MetricValue(
            metric=e.metric,
            definition=e.definition,
            value=e.value,
            reason=e.reason,
            interval=e.interval,
            n=e.n,
            labelled=e.labelled,
        )
        for e in _estimates(profile, state, window.rows)
    ]


def _estimates(profile: Profile, state: AnyState | None, rows: int) -> list[Estimate]:
    return finalise(profile.task, state, parameters=profile.parameters, n=rows)


def _reported(metric: str, state: bytes) -> MetricValue:
    try:
        return value_of(metric, state)
    except UnreadableState:
        return _unreadable(metric, reported_definition(metric), 0)


def _unreadable(metric: str, definition: str, rows: int) -> MetricValue:
    return MetricValue(metric=metric, definition=definition, value=None, reason="unreadable", n=rows, labelled=0)


def publish(
    windows: Sequence[WindowRow], versions: Mapping[int, Version], models: Mapping[int, ModelRef], *, now: int
) -> Published:
    """The next revision of each stored window that has values."""
    done: list[WindowRow] = []
    revisions: list[Revision] = []
    messages: list[Message] = []
    for window in windows:
        version = versions[window.key.version]
        values = values_of(window, version)
        if values and window.id is not None:
            window = window._replace(revision=window.revision + 1, published_at=now)
            result = _result(window, version.version, models[version.model], values, now)
            revisions.append(Revision(window.id or 0, window.revision, result.id, now, values))
            key = message_key(result.model.namespace, result.model.name)
            messages.append(Message(result.id, RESULTS, key, msgspec.json.encode(result)))
        done.append(window._replace(dirty=False))
    return Published(done, revisions, messages)


def _result(window: WindowRow, version: str, model: ModelRef, values: list[MetricValue], now: int) -> MetricResult:
    key = window.key
    identity = (model.namespace, model.name, version, key.series, key.slice, key.window, window.revision, values)
    return MetricResult(
        id=_digest(identity),
        model=model,
        version=version,
        source="computed" if key.series == COMPUTED else "reported",
        window=key.window,
        slice=as_slice(key.slice),
        revision=window.revision,
        computed_at=now,
        results=values,
    )


def output_message(seen: OutputSeen, version: str, model: ModelRef, run: RunRef | None) -> Message:
    """States that a version writes to a dataset; repeated only when an earlier prediction arrives."""
    output = ModelOutput(
        namespace=model.namespace,
        name=model.name,
        version=version,
        output=DatasetRef(seen.namespace, seen.name),
        run=run,
        event_time=seen.time,
    )
    body = msgspec.json.encode(output)
    return Message(_digest(output), OUTPUTS, message_key(model.namespace, model.name), body)


def _digest(value: object) -> str:
    return hashlib.sha256(msgspec.json.encode(value)).hexdigest()[:32]
