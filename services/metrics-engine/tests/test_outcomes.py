"""Payloads and labels in the terms of a task, and the profiles from model events."""

import random
from itertools import permutations
from math import inf, nan
from typing import Any

import pytest

from headwater.contracts.models import ModelEvent
from headwater.contracts.predictions import (
    BinaryPrediction,
    ClassLabel,
    Label,
    MulticlassPrediction,
    Prediction,
    RankingPrediction,
    RegressionPrediction,
    ValueLabel,
)
from headwater.metrics_engine.outcomes import Pair, pair_of, predicted_term
from headwater.metrics_engine.profile import ModelObservation, Profile, profile_of

BINARY = Profile("binary", 1, label_set=("stay", "churn"))


@pytest.mark.parametrize(
    ("prediction", "profile", "term"),
    [
        (BinaryPrediction(cls="churn", scores={"churn": 0.1}), BINARY, "churn"),
        (BinaryPrediction(scores={"churn": 0.5}), BINARY, "churn"),
        (BinaryPrediction(scores={"churn": 0.49}), BINARY, "stay"),
        (BinaryPrediction(scores={"churn": 0.49}), Profile("binary", 1, positive="churn", threshold=0.4), "churn"),
        (BinaryPrediction(scores={"churn": 0.2}), Profile("binary", 1, positive="churn"), "not churn"),
        (BinaryPrediction(scores={"stay": 0.9}), BINARY, "stay"),
        (BinaryPrediction(scores={"1": 0.3, "0": 0.7}), Profile("binary", 1), "0"),
        (BinaryPrediction(scores={"x": 0.5, "y": 0.5, "z": 0.0}), Profile("binary", 1), "x"),
        (BinaryPrediction(), BINARY, None),
        (MulticlassPrediction(scores={"b": 0.4, "a": 0.4, "c": 0.2}), Profile("multiclass", 1), "a"),
        (MulticlassPrediction(cls="c"), Profile("multiclass", 1), "c"),
        (MulticlassPrediction(), Profile("multiclass", 1), None),
        (MulticlassPrediction(cls="c"), BINARY, None),
        (RegressionPrediction(2), Profile("regression", 1), 2.0),
        (RegressionPrediction(nan), Profile("regression", 1), None),
        (RankingPrediction("q", ["a"]), Profile("ranking", 1), None),
    ],
)
def test_the_predicted_term(prediction: Prediction, profile: Profile, term: Any) -> None:
    assert predicted_term(prediction, profile) == term


@pytest.mark.parametrize(
    ("label", "weight", "profile", "pair"),
    [
        (ValueLabel(1.0), 2.0, Profile("regression", 1), Pair(1.0, 3.0, 2.0)),
        (None, 1.0, Profile("regression", 1), None),
        (ClassLabel("a"), 1.0, Profile("regression", 1), None),
        (ValueLabel(inf), 1.0, Profile("regression", 1), None),
        (ValueLabel(1.0), -1.0, Profile("regression", 1), None),
        (ValueLabel(1.0), inf, Profile("regression", 1), None),
        (ValueLabel(1.0), 1.0, BINARY, None),
    ],
)
def test_a_pair_needs_a_label_a_payload_and_a_weight_that_fit(
    label: Label | None, weight: float, profile: Profile, pair: Pair | None
) -> None:
    assert pair_of(RegressionPrediction(3.0), label, weight, profile) == pair


def test_errors_too_large_for_a_float_are_no_pair() -> None:
    assert pair_of(RegressionPrediction(1.7e308), ValueLabel(-1.7e308), 1.0, Profile("regression", 1)) is None


def observed(at: int, version: str, **said: Any) -> ModelObservation:
    event = ModelEvent(namespace="n", name="m", version=version, action="registered", event_time=at, **said)
    return ModelObservation(at, b"%d" % at, event)


def test_a_profile_is_the_latest_word_on_each_field_in_any_order() -> None:
    said = [
        observed(1, "1", task="binary", label_set=["a", "b"], slices={"r": ["y", "x"]}),
        observed(2, "1", task="multiclass", threshold=0.3),
        observed(3, "1", positive="a"),
    ]
    wanted = Profile("multiclass", 60, ("a", "b"), "a", 0.3, {"r": ("x", "y")})
    for order in permutations(said):
        assert profile_of("1", order, window_seconds=60) == wanted


def test_a_version_takes_what_it_leaves_out_from_its_model_but_never_the_threshold() -> None:
    said = [
        observed(5, "1", task="binary", label_set=["a", "b"], threshold=0.3),
        observed(1, "2", label_set=["c", "d"]),
    ]
    random.Random(1).shuffle(said)
    assert profile_of("2", said, window_seconds=60) == Profile("binary", 60, ("c", "d"))
    assert profile_of("3", said, window_seconds=60) == Profile("binary", 60, ("a", "b"))


def test_without_a_task_there_is_no_profile() -> None:
    assert profile_of("1", [observed(1, "1", label_set=["a"])], window_seconds=60) is None
