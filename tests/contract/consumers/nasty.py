"""Valid but hostile events: good events of every kind, with unusual values in unusual places.

Events that the gateway refuses are omitted; consumers must handle all others.
"""

import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any, NamedTuple

from hypothesis import strategies as st

from headwater.bus.port import Outgoing
from headwater.contracts import topics
from headwater.contracts.identity import ALL
from headwater.contracts.refusals import Invalid
from headwater.ingest_gateway import acceptance
from headwater.ingest_gateway.acceptance import Kind, Sender

NOW = 1_800_000_000_000_000
AT = "2026-03-01T12:00:00Z"
MODEL = {"namespace": "ml", "name": "churn"}
_REF = {"namespace": "n", "name": "d"}

TEXTS = st.one_of(
    st.sampled_from(["", " ", "\0", "\ud800", "\u0390" * 512, "%" * 512, "#@/\\\"'", "\u202e", "other", "a,b", "-0"]),
    st.sampled_from(["x" * 512, "\U0001f4a9" * 128, "\u65e5" * 170, "x" * 4096, "y" * 9_000, "\u0130" * 2_048]),
    st.text(max_size=8),
)
NUMBERS = st.one_of(
    st.sampled_from(
        [0, -1, 2**31, 2**53, 2**63 - 1, 2**63, -(2**63) - 1, 2**64, 10**30, -0.0, 5e-324, 1.7e308, -1.7e308]
    ),
    st.floats(allow_nan=True, allow_infinity=True),
    st.integers(),
)
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=6
)


def nested(depth: int) -> Any:
    """A value nested so deep."""
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


class Base(NamedTuple):
    kind: Kind
    event: Mapping[str, Any]


def _prediction(task: str, **payload: Any) -> Base:
    event = {"id": "p", "event_time": AT, "model": MODEL, "version": "1", "prediction": {"task": task, **payload}}
    return Base(acceptance.PREDICTION, event | {"weight": 1.0, "slices": {"region": "eu"}, "features": {"age": 7}})


def _model(task: str, **more: Any) -> Base:
    event = {**MODEL, "version": "1", "action": "trained", "event_time": AT, "task": task}
    return Base(acceptance.MODEL, event | {"slices": {"region": ["eu"]}, "output": _REF, "datasets": [_REF]} | more)


_FACETS = {
    "schema": {"fields": [{"name": "c", "type": "int", "fields": [{"name": "d"}]}]},
    "symlinks": {"identifiers": [{"namespace": "n", "name": "alias", "type": "TABLE"}]},
    "columnLineage": {
        "fields": {"c": {"inputFields": [_REF | {"field": "f", "transformations": [{"type": "DIRECT"}]}]}}
    },
    "lifecycleStateChange": {"lifecycleStateChange": "RENAME", "previousIdentifier": _REF},
    "ownership": {"owners": [{"name": "o", "type": "t"}]},
    "tags": {"tags": [{"key": "k", "value": "v", "field": "c"}]},
    "documentation": {"description": "text"},
    "lineage": {"type": "DATASET", "inputs": [_REF], "fields": {"c": {"inputs": [_REF | {"field": "f"}]}}},
}
_JOB = {
    "jobType": {"processingType": "BATCH", "integration": "X", "jobType": "INGEST"},
    "lineage": {"entries": [{"namespace": "n", "name": "t", "inputs": [_REF]}]},
    "tags": {"tags": [{"key": "k"}]},
}
_RUN = {
    "parent": {"run": {"runId": "r0"}, "job": _REF, "root": {"run": {"runId": "r1"}, "job": _REF}},
    "nominalTime": {"nominalStartTime": AT},
    "errorMessage": {"message": "no", "programmingLanguage": "x"},
}
_DATASET = {"namespace": "n", "name": "out", "facets": _FACETS, "outputFacets": {"stats": {"rowCount": 1}}}

BASES = [
    Base(
        acceptance.LINEAGE,
        {
            "eventType": "COMPLETE",
            "eventTime": AT,
            "producer": "p",
            "schemaURL": "s",
            "run": {"runId": "r", "facets": _RUN},
            "job": {"namespace": "n", "name": "j", "facets": _JOB},
            "inputs": [_REF | {"inputFacets": {"dataQuality": {"rows": 1}}}],
            "outputs": [_DATASET],
        },
    ),
    Base(
        acceptance.LINEAGE, {"eventTime": AT, "job": {"namespace": "n", "name": "j", "facets": _JOB}, "inputs": [_REF]}
    ),
    Base(acceptance.LINEAGE, {"eventTime": AT, "dataset": _DATASET}),
    _model("binary", label_set=["no", "yes"], positive="yes", threshold=0.5, features=["age"], metrics={"auc": 0.5}),
    _model("regression", run={**_REF, "run_id": "r"}, artifact_digest="d", description="text"),
    *(_model(task) for task in ("multiclass", "multilabel", "quantile", "clustering", "ranking", "forecasting")),
    _prediction("binary", **{"class": "yes", "scores": {"yes": 0.5, "no": 0.5}}),
    _prediction("multiclass", **{"class": "a", "scores": {"a": 1.0}}),
    _prediction("multilabel", labels=["a"], scores={"a": 1.0}),
    _prediction("regression", value=1.5),
    _prediction("quantile", quantiles={"0.5": 1.0}, interval=[0.0, 1.0], coverage=0.9),
    _prediction("clustering", cluster="a", vector=[1.0, 2.0]),
    _prediction("ranking", query="q", items=["a", "b"], scores=[1.0, 2.0]),
    _prediction("forecasting", series="s", horizon=1, value=1.0),
    Base(
        acceptance.PREDICTION,
        {
            "model": MODEL,
            "version": "1",
            "task": "regression",
            "ids": ["a", "b"],
            "event_time": [AT, AT],
            "values": [1.0, 2.0],
            "weights": [1.0, 2.0],
            "slices": {"region": ["eu", "us"]},
            "features": {"age": [1, 2]},
            "output": _REF,
        },
    ),
    Base(
        acceptance.LABEL,
        {"model": MODEL, "prediction_id": "p", "event_time": AT, "label": {"task": "class", "class": "no"}},
    ),
    Base(
        acceptance.LABEL,
        {"model": MODEL, "prediction_id": "p", "event_time": AT, "label": {"task": "value", "value": 1.0}},
    ),
    Base(acceptance.LABEL, {"model": MODEL, "prediction_ids": ["a", "b"], "event_time": AT, "values": [1.0, 2.0]}),
    Base(
        acceptance.METRIC,
        {
            "model": MODEL,
            "version": "1",
            "metric": "f1",
            "value": 0.5,
            "window_start": "2026-03-01T00:00:00Z",
            "window_end": AT,
            "n": 5,
            "interval": [0.1, 0.9],
            "slices": {"region": "eu"},
        },
    ),
]


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Paths to everything inside."""
    found = [path] if path else []
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in inside:
        found += _places(inner, (*path, key))
    return found


@st.composite
def events(draw: Callable[..., Any]) -> Outgoing:
    """A record as the gateway appends it."""
    while True:
        base = draw(st.sampled_from(BASES))
        event = deepcopy(dict(base.event))
        for _ in range(draw(st.integers(1, 3))):
            _spoil(draw, event)
        record = accepted(base.kind, event)
        if record is not None:
            return record


def _spoil(draw: Callable[..., Any], event: dict[str, Any]) -> None:
    """Replace a value or a key somewhere by an unusual one."""
    *path, last = draw(st.sampled_from(_places(event)))
    parent: Any = event
    for key in path:
        parent = parent[key]
    if isinstance(parent, dict) and draw(st.integers(0, 4)) == 0:
        parent[draw(TEXTS)] = parent.pop(last)
    else:
        parent[last] = draw(VALUES)


def accepted(kind: Kind, event: object) -> Outgoing | None:
    """The record of an event; None if the gateway refuses it."""
    body = event if isinstance(event, bytes) else json.dumps(event).encode()
    sender = Sender("test", ALL, ALL, "request", NOW)
    try:
        return acceptance.seal(kind, body, sender).record
    except Invalid:
        return None


def by_hand() -> list[Outgoing]:
    """Cases that random generation rarely produces."""
    lineage, prediction = BASES[0], _prediction("regression", value=1.7e308)
    label = {"model": MODEL, "event_time": AT}
    cases: list[tuple[Kind, Any]] = [
        (acceptance.LINEAGE, {**lineage.event, "run": {"runId": "deep", "facets": {"deep": nested(250)}}}),
        (acceptance.LINEAGE, {**lineage.event, "outputs": [{**_DATASET, "facets": {"schema": _deep_schema(80)}}]}),
        (acceptance.LINEAGE, {**lineage.event, "inputs": [{"namespace": "n", "name": str(i)} for i in range(300)]}),
        (acceptance.MODEL, {**BASES[4].event, "metrics": {"m" * 9_000: 1e308}, "description": "x" * 100_000}),
        *((acceptance.PREDICTION, {**prediction.event, "id": f"huge{i}", "weight": 1.7e308}) for i in range(3)),
        *(
            (acceptance.LABEL, {**label, "prediction_id": f"huge{i}", "label": {"task": "value", "value": value}})
            for i, value in enumerate((1e308, -1.7e308, -1.7e308))
        ),
        (acceptance.PREDICTION, {**prediction.event, "id": "features", "features": {"n": 10**300, "deep": None}}),
        (acceptance.METRIC, {**BASES[-1].event, "n": 2**53, "value": -1.7e308, "interval": [-1.7e308, 1.7e308]}),
        (acceptance.METRIC, {**BASES[-1].event, "metric": "\U0001f4a9" * 128, "version": "\U0001f4a9" * 128,
                        "slices": {"\U0001f4a9" * 128: "\U0001f4a9" * 128}}),
        (acceptance.PREDICTION, {**prediction.event, "id": "\U0001f4a9" * 128, "version": "\U0001f4a9" * 128,
                            "output": {"namespace": "\U0001f4a9" * 1024, "name": "\U0001f4a9" * 1024}}),
    ]  # fmt: skip
    records = [accepted(kind, event) for kind, event in cases]
    assert all(records), [case for case, record in zip(cases, records, strict=True) if record is None]
    return [record for record in records if record is not None]


def _deep_schema(depth: int) -> dict[str, Any]:
    fields: list[dict[str, Any]] = [{"name": "leaf"}]
    for level in range(depth):
        fields = [{"name": f"level {level}", "fields": fields}]
    return {"fields": fields}


def good(number: int) -> list[Outgoing]:
    """Events that must reach the stores after all the events before them."""
    model = {"namespace": "good", "name": "model"}
    cases: list[tuple[Kind, Any]] = [
        (acceptance.LINEAGE, {"eventTime": AT, "job": {"namespace": "good", "name": f"job {number}"}}),
        (acceptance.MODEL, {**model, "version": "1", "action": "trained", "event_time": AT, "task": "regression"}),
        (
            acceptance.PREDICTION,
            {"id": f"p{number}", "event_time": AT, "model": model, "version": "1",
             "prediction": {"task": "regression", "value": 1.0}},
        ),
        (
            acceptance.LABEL,
            {"model": model, "prediction_id": f"p{number}", "event_time": AT, "label": {"task": "value", "value": 1.0}},
        ),
    ]  # fmt: skip
    return [record for kind, event in cases if (record := accepted(kind, event)) is not None]


TOPICS = topics.partitions(embedded=True)
