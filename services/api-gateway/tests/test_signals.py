from collections.abc import Callable

import msgspec
import pytest

from headwater.api_gateway.signals import MANY, Signal, seen_by, signals
from headwater.bus.port import Record
from headwater.contracts.alerts import AlertEvent
from headwater.contracts.api.stream import AlertSignal, GraphSignal, MetricSignal
from headwater.contracts.changes import GraphChange
from headwater.contracts.identity import ALL, Visible
from headwater.contracts.keys import model_key, model_version_key
from headwater.contracts.metrics import MetricResult, MetricValue, Window
from headwater.contracts.predictions import ModelRef
from headwater.runtime.identity.verifier import Principal

MakePrincipal = Callable[..., Principal]

CHURN = ModelRef("ml", "churn")
WINDOW = Window(0, 60_000_000)
RESULT = MetricResult(
    source="computed",
    id="r1",
    model=CHURN,
    version="3",
    window=WINDOW,
    revision=1,
    computed_at=0,
    results=[
        MetricValue(metric="recall", definition="d", value=0.5, n=2, labelled=2),
        MetricValue(metric="accuracy", definition="d", value=0.5, n=2, labelled=2),
    ],
)
FIRED = AlertEvent(
    id="a1",
    rule_id="rule",
    rule_name="Accuracy",
    model=CHURN,
    version="3",
    metric="accuracy",
    state="firing",
    severity="warning",
    comparison="below",
    threshold=0.8,
    value=0.5,
    window=WINDOW,
    at=60_000_000,
)


def record(topic: str, value: object) -> Record:
    body = value if isinstance(value, bytes) else msgspec.json.encode(value)
    return Record(topic, 0, 0, None, body, (), 0)


def change(number: int, *ids: str) -> Record:
    return record("graph.changes", GraphChange(change=number, ids=ids))


def test_changes_close_in_time_are_sent_together() -> None:
    assert list(signals([change(1, "b"), change(2, "a", "b")])) == [
        Signal("graph", None, GraphSignal(change=2, ids=["a", "b"]))
    ]


def test_too_many_changed_nodes_are_not_named() -> None:
    (signal,) = signals([change(1, *(str(n) for n in range(MANY + 1)))])
    assert signal.data == GraphSignal(change=1, ids=None)


def test_a_measured_window_names_its_version_and_metrics() -> None:
    (signal,) = signals([record("metric.results", RESULT)])
    assert signal == Signal(
        "metric",
        "ml",
        MetricSignal(
            model_id=model_key("ml", "churn").id,
            version_id=model_version_key("ml", "churn", "3").id,
            version="3",
            metrics=["accuracy", "recall"],
            window_start="1970-01-01T00:00:00.000000Z",
            window_end="1970-01-01T00:01:00.000000Z",
        ),
    )


def test_an_alert_tells_its_rule_and_state() -> None:
    (signal,) = signals([record("alert.events", FIRED)])
    assert isinstance(signal.data, AlertSignal)
    assert (signal.namespace, signal.data.rule_id, signal.data.state) == ("ml", "rule", "firing")


@pytest.mark.parametrize("body", [b"", b"\xff", b"[]", b"{}"])
@pytest.mark.parametrize("topic", ["graph.changes", "metric.results", "alert.events"])
def test_a_record_that_cannot_be_read_does_not_stop_the_others(topic: str, body: bytes) -> None:
    assert [s.name for s in signals([record(topic, body), change(1)])] == ["graph"]


def test_who_sees_everything_gets_ids(make_principal: MakePrincipal) -> None:
    (signal,) = signals([change(1, "a")])
    assert seen_by(signal, make_principal("lineage:read", visible=ALL)) == signal


def test_who_sees_a_part_learns_that_the_graph_changed_but_not_where(make_principal: MakePrincipal) -> None:
    (signal,) = signals([change(1, "a")])
    seen = seen_by(signal, make_principal("lineage:read", visible=Visible(prefixes=("ml",))))
    assert seen is not None
    assert seen.data == GraphSignal(change=1, ids=None)


@pytest.mark.parametrize(("prefix", "told"), [("ml", True), ("m", False), ("hr", False)])
def test_metrics_and_alerts_are_sent_within_the_grants(prefix: str, told: bool, make_principal: MakePrincipal) -> None:
    principal = make_principal("lineage:read", "metrics:read", "alerts:read", visible=Visible(prefixes=(prefix,)))
    for signal in signals([record("metric.results", RESULT), record("alert.events", FIRED)]):
        assert (seen_by(signal, principal) is not None) is told


def test_a_signal_needs_the_permission_to_read_its_subject(make_principal: MakePrincipal) -> None:
    told = [s.name for s in signals([record("metric.results", RESULT), record("alert.events", FIRED), change(1)])]
    assert told == ["metric", "alert", "graph"]
    principal = make_principal("metrics:read", visible=ALL)
    seen = [seen_by(s, principal) for s in signals([record("metric.results", RESULT), record("alert.events", FIRED)])]
    assert [s is not None for s in seen] == [True, False]
