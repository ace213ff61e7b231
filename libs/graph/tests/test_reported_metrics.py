"""A reported value is never shown under the name of the computed metric."""

from headwater.contracts.keys import metric_key
from headwater.contracts.metrics import reported_definition
from headwater.graph.state.cards import describe, label_of
from headwater.graph.state.states import MetricMark, MetricState, VersionState


def test_a_version_shows_both_whichever_is_newer() -> None:
    state = VersionState(model=("shop", "churn"), version="3")
    state.metrics = {
        "accuracy@1": MetricMark(0, "accuracy", 10, 0.5),
        reported_definition("accuracy"): MetricMark(0, "accuracy", 20, 0.99),
    }
    describe(state)
    assert state.summary["metrics"] == {"accuracy": 0.5, "accuracy (reported)": 0.99}


def test_the_node_of_a_reported_metric_says_so() -> None:
    for definition, label in (("accuracy@1", "accuracy"), (reported_definition("accuracy"), "accuracy (reported)")):
        state = MetricState(metric="accuracy", definition=definition)
        assert label_of(metric_key("shop", "churn", "3", definition), state) == label
