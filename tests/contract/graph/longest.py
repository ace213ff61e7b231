"""Every field of an event that reaches an index of some store, filled to its limit.

A limit counts bytes of UTF-8; texts differ in how they grow when folded for search and order, or percent-encoded
as part of a composed name.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import msgspec

from headwater.bus.port import Outgoing
from headwater.contracts import topics
from headwater.contracts.field_checks import ID_LIMIT, NAME_LIMIT
from headwater.contracts.identity import ALL
from headwater.contracts.metrics import MetricResult, MetricValue, Window
from headwater.contracts.predictions import ModelRef
from headwater.ingest_gateway.acceptance import LINEAGE as LINEAGE_KIND
from headwater.ingest_gateway.acceptance import METRIC, MODEL, Sender, seal

NOW = 1_800_000_000_000_000
AT = "2026-03-01T12:00:00Z"
Event = dict[str, Any]

ALPHABETS = {
    "plain": "a",
    "percent": "%",  # three times as long in a composed name
    "iota": "\u0390",  # three times as long when folded: two bytes become six
    "ligature": "\ufb03",
    "dotted": "\u0130",
    "kanji": "\u65e5",
    "deseret": "\U00010400",
}


def text_of(alphabet: str, size: int) -> str:
    """A text of exactly that many bytes."""
    entry = ALPHABETS[alphabet]
    count, rest = divmod(size, len(entry.encode()))
    return "x" * rest + entry * count


class Longest(NamedTuple):
    """`event(text)` has the text in `field`, which may have `limit` bytes."""

    field: str
    limit: int
    event: Callable[[str], Event]
    topic: str = topics.LINEAGE_EVENTS

    def record(self, text: str) -> Outgoing:
        """As the gateway appends it. Raises Invalid."""
        return accepted(self.topic, self.event(text))


def accepted(topic: str, event: Event) -> Outgoing:
    """The record of an event whose sender holds all permissions. Raises Invalid."""
    sender = Sender("test", ALL, ALL, "request", NOW)
    return seal(_KINDS[topic], msgspec.json.encode(event), sender).record


_KINDS = {topics.LINEAGE_EVENTS: LINEAGE_KIND, topics.MODEL_EVENTS: MODEL, topics.PREDICTION_EVENTS: METRIC}


def _run(**changes: Any) -> Event:
    ref = {"namespace": "n", "name": "d"}
    return {
        "eventType": "COMPLETE",
        "eventTime": AT,
        "run": {"runId": "r"},
        "job": {"namespace": "n", "name": "j"},
        "inputs": [ref],
        "outputs": [ref | {"name": "out"}],
    } | changes


def _dataset(facets: Event, **changes: Any) -> Event:
    return _run(outputs=[{"namespace": "n", "name": "out", "facets": facets} | changes])


def _model(**changes: Any) -> Event:
    event = {"namespace": "n", "name": "m", "version": "1", "action": "trained", "event_time": AT, "task": "binary"}
    return event | changes


def _metric(**changes: Any) -> Event:
    event = {"type": "metric", "model": {"namespace": "n", "name": "m"}, "version": "1", "metric": "f1", "value": 1.0}
    return event | {"window_start": "2026-03-01T00:00:00Z", "window_end": AT} | changes


def _both(field: str, event: Callable[[Event], Event], topic: str = topics.LINEAGE_EVENTS) -> Iterator[Longest]:
    """A namespace and a name."""
    yield Longest(f"{field}.namespace", NAME_LIMIT, lambda t: event({"namespace": t, "name": "x"}), topic)
    yield Longest(f"{field}.name", NAME_LIMIT, lambda t: event({"namespace": "n", "name": t}), topic)


def _padded(ref: Event) -> Event:
    return ref | {"padding": "x" * NAME_LIMIT}


LINEAGE = [
    *_both("job", lambda ref: _run(job=ref)),
    *_both("inputs[0]", lambda ref: _run(inputs=[ref])),
    *_both("outputs[0]", lambda ref: _run(outputs=[ref])),
    *_both("dataset", lambda ref: {"eventTime": AT, "dataset": ref}),
    Longest("run.runId", ID_LIMIT, lambda t: _run(run={"runId": t})),
    *_both("outputs[0].facets.symlinks.identifiers[0]", lambda ref: _dataset({"symlinks": {"identifiers": [ref]}})),
    *_both(
        "outputs[0].facets.lifecycleStateChange.previousIdentifier",
        lambda ref: _dataset(
            {"lifecycleStateChange": {"lifecycleStateChange": "RENAME", "previousIdentifier": ref}}, name="renamed"
        ),
    ),
    *_both(
        "outputs[0].facets.columnLineage.fields[c].inputFields[0]",
        lambda ref: _dataset({"columnLineage": {"fields": {"c": {"inputFields": [ref | {"field": "f"}]}}}}),
    ),
    *_both(
        "outputs[0].facets.columnLineage.dataset[0]",
        lambda ref: _dataset({"columnLineage": {"fields": {}, "dataset": [ref | {"field": "f"}]}}),
    ),
    *_both(
        "outputs[0].facets.lineage.inputs[0]", lambda ref: _dataset({"lineage": {"type": "DATASET", "inputs": [ref]}})
    ),
    *_both(
        "job.facets.lineage.entries[0]",
        lambda ref: _run(
            job={
                "namespace": "n",
                "name": "explicit",
                "facets": {"lineage": {"entries": [ref | {"inputs": [{"namespace": "n", "name": "d"}]}]}},
            }
        ),
    ),
    *_both(
        "job.facets.lineage.entries[0].inputs[0]",
        lambda ref: _run(
            job={
                "namespace": "n",
                "name": "explicit2",
                "facets": {"lineage": {"entries": [{"namespace": "n", "name": "t", "inputs": [ref]}]}},
            }
        ),
    ),
]
MODELS = [
    Longest("namespace", NAME_LIMIT, lambda t: _model(namespace=t), topics.MODEL_EVENTS),
    Longest("name", NAME_LIMIT, lambda t: _model(name=t), topics.MODEL_EVENTS),
    Longest("version", ID_LIMIT, lambda t: _model(version=t), topics.MODEL_EVENTS),
    Longest("positive", ID_LIMIT, lambda t: _model(positive=t), topics.MODEL_EVENTS),
    Longest("label_set", ID_LIMIT, lambda t: _model(label_set=["no", t]), topics.MODEL_EVENTS),
    Longest("features", ID_LIMIT, lambda t: _model(features=[t]), topics.MODEL_EVENTS),
    Longest("slices[region]", ID_LIMIT, lambda t: _model(slices={"region": [t]}), topics.MODEL_EVENTS),
    *_both("datasets[0]", lambda ref: _model(datasets=[ref]), topics.MODEL_EVENTS),
    *_both("output", lambda ref: _model(output=ref), topics.MODEL_EVENTS),
    *_both("run", lambda ref: _model(run=ref | {"run_id": "r"}), topics.MODEL_EVENTS),
    Longest(
        "run.run_id", ID_LIMIT, lambda t: _model(run={"namespace": "n", "name": "j", "run_id": t}), topics.MODEL_EVENTS
    ),
]
METRICS = [
    Longest("metric", ID_LIMIT, lambda t: _metric(metric=t), topics.PREDICTION_EVENTS),
    Longest("version", ID_LIMIT, lambda t: _metric(version=t), topics.PREDICTION_EVENTS),
    Longest("slices", ID_LIMIT, lambda t: _metric(slices={t: "v"}), topics.PREDICTION_EVENTS),
    Longest("slices", ID_LIMIT, lambda t: _metric(slices={"s": t}), topics.PREDICTION_EVENTS),
]
EVERY = [*LINEAGE, *MODELS, *METRICS]


def unlimited(alphabet: str) -> Iterator[Event]:
    """Lineage events with long texts where only the size of an event is limited."""
    column = text_of(alphabet, 9_000)
    source = {"namespace": "n", "name": "d", "field": column}
    yield _dataset({"columnLineage": {"fields": {column: {"inputFields": [source]}}}}, name="columns")
    yield _dataset({"schema": {"fields": [{"name": column, "type": column}]}}, name="schema")
    yield _dataset({column: {"note": column}, "tags": {"tags": [{"key": column, "value": column}]}}, name="tags")
    owners = {"ownership": {"owners": [{"name": column, "type": column}]}}
    yield _run(job={"namespace": "n", "name": "owned", "facets": owners}, producer=column)
    many = [{"namespace": "n", "name": text_of(alphabet, NAME_LIMIT - 2) + f"{n:02}"} for n in range(40)]
    yield _dataset({"symlinks": {"identifiers": many}}, name="alias of many")


def result(alphabet: str) -> MetricResult:
    """A result with the longest names that a model, a version and a positive class may have."""
    version, positive = text_of(alphabet, ID_LIMIT), text_of("percent", ID_LIMIT).replace("%", "%25")
    value = MetricValue(metric="f1", definition=f"f1@1(positive={positive})", value=0.5, n=2, labelled=2)
    model = ModelRef("n", text_of(alphabet, NAME_LIMIT))
    return MetricResult(
        source="computed",
        id="r",
        model=model,
        version=version,
        window=Window(0, 9),
        revision=1,
        computed_at=9,
        results=[value],
    )
