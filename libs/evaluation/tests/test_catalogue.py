"""The table of metrics is complete, and its definition ids contain everything that values depend on."""

import pytest

from headwater.evaluation import Parameters, defaults, definition_id, metric, metrics


def test_every_entry_says_what_it_means_and_when_it_is_undefined() -> None:
    for entry in metrics():
        assert all((entry.title, entry.formula, entry.meaning, entry.undefined, entry.interval, entry.reference))
        assert entry.compute.__doc__, entry.name
    assert len({entry.name for entry in metrics()}) == len(metrics())


@pytest.mark.parametrize(
    ("task", "names"),
    [
        ("binary", {"accuracy", "precision", "recall", "f1"}),
        ("multiclass", {"accuracy", "precision_macro", "recall_macro", "f1_macro"}),
        ("regression", {"rmse", "mae", "r2"}),
        ("ranking", set()),
    ],
)
def test_a_task_is_measured_without_configuration(task: str, names: set[str]) -> None:
    assert set(defaults(task)) == names


def test_a_definition_names_the_declared_parameters_it_depends_on() -> None:
    declared = Parameters(labels=("no", "oh, (yes)"), threshold=0.3)
    assert definition_id(metric("recall"), declared) == "recall@1(positive=oh%2C%20%28yes%29,threshold=0.3)"
    assert definition_id(metric("accuracy"), declared) == "accuracy@1"
    assert definition_id(metric("recall"), Parameters()) == "recall@1"


def test_an_unknown_name_is_an_error() -> None:
    with pytest.raises(KeyError):
        metric("fame")
