"""One spelling per class, and which of two is positive."""

import pytest

from headwater.evaluation import as_label, binary_labels


@pytest.mark.parametrize(
    ("value", "label"), [(1, "1"), (1.0, "1"), (True, "true"), ("1", "1"), (0.5, "0.5"), (-1, "-1")]
)
def test_equal_classes_have_one_spelling(value: float, label: str) -> None:
    assert as_label(value) == label


@pytest.mark.parametrize(
    ("declared", "positive", "seen", "answer"),
    [
        (None, "a", ["a", "b"], ("b", "a")),
        (["stay", "churn"], None, [], ("stay", "churn")),
        (["stay", "churn"], "stay", ["stay"], ("churn", "stay")),
        (None, None, ["0", "1"], ("0", "1")),
        (None, None, ["0"], ("0", "1")),
        (None, None, ["1"], ("0", "1")),
        (None, None, ["False"], ("False", "True")),
        (None, None, ["yes", "no"], ("no", "yes")),
        (None, None, ["-1", "1"], ("-1", "1")),
        (None, None, ["b", "a"], ("a", "b")),
        (None, None, ["a"], None),
        (None, None, [], None),
        (None, None, ["a", "b", "c"], None),
        (None, "a", ["a", "b", "c"], (None, "a")),
        (None, "churn", ["churn"], (None, "churn")),
    ],
)
def test_the_positive_class_is_declared_or_well_known_or_the_last_of_two(
    declared: list[str] | None, positive: str | None, seen: list[str], answer: tuple[str | None, str] | None
) -> None:
    assert binary_labels(declared, positive, seen) == answer
