"""Rows: the latest observation of each side counts, in any order; contributions follow the row."""

import random

from hypothesis import given
from hypothesis import strategies as st

from headwater.contracts.predictions import BinaryPrediction, ClassLabel
from headwater.metrics_engine.join import (
    NOTHING,
    Labelled,
    Predicted,
    Row,
    contributions,
    encode,
    merged,
    place,
    superseded_labels,
)
from headwater.metrics_engine.messages import Kept
from headwater.metrics_engine.outcomes import Pair
from headwater.metrics_engine.profile import Profile

ties = st.sampled_from([b"a", b"b", b"c"])
predicted = st.builds(Predicted, st.integers(0, 2), ties, st.integers(1, 2), st.sampled_from([b"1", b"2"]))
labelled = st.builds(Labelled, st.integers(0, 2), ties, st.sampled_from([None, b"1", b"2"]))
observations = st.lists(st.one_of(predicted, labelled), max_size=10, unique_by=lambda c: (type(c), c.time, c.event_id))


@given(observations, st.randoms(use_true_random=False))
def test_any_order_and_repetition_of_observations_gives_the_same_row(
    said: list[Predicted | Labelled], rng: random.Random
) -> None:
    mixed = rng.sample(said, len(said)) + rng.sample(said, len(said))
    row = merged(NOTHING, mixed)
    assert row == merged(NOTHING, said)
    assert set(superseded_labels(NOTHING, row, mixed)) == {c for c in said if isinstance(c, Labelled)} - {row.label}


@given(observations)
def test_the_observation_that_holds_is_the_greatest_by_time_then_event_id(said: list[Predicted | Labelled]) -> None:
    row = merged(NOTHING, said)
    sides = [c for c in said if isinstance(c, Predicted)]
    assert row.prediction == (max(sides, key=lambda c: (c.time, c.event_id)) if sides else None)


def test_a_label_said_before_joins_the_history_when_another_replaces_it() -> None:
    first, second = Labelled(1, b"a", b"1"), Labelled(2, b"a", b"2")
    held = merged(NOTHING, [first])
    assert superseded_labels(held, merged(held, [second]), [second]) == [first]
    assert superseded_labels(held, held, [first]) == []


def test_a_row_contributes_to_its_window_and_slices() -> None:
    kept = Kept(BinaryPrediction(cls="yes"), weight=2.0, slices={"region": "eu"})
    row = Row(Predicted(5, b"a", 7, encode(kept)), Labelled(9, b"a", encode(ClassLabel("no"))))
    profiles = {7: Profile("binary", 1, slices={"region": ("eu",)})}
    found = list(contributions(place(row.prediction, profiles), row.label))
    assert [(c.key.slice, c.key.start, c.key.end, c.pair) for c in found] == [
        (("", ""), 0, 1_000_000, Pair("no", "yes", 2.0)),
        (("region", "eu"), 0, 1_000_000, Pair("no", "yes", 2.0)),
    ]


def test_a_label_alone_and_a_version_without_profile_contribute_nothing() -> None:
    label = Labelled(9, b"a", encode(ClassLabel("no")))
    held = Predicted(5, b"a", 7, encode(Kept(BinaryPrediction(cls="yes"))))
    assert place(None, {7: Profile("binary", 1)}) is None
    assert place(held, {}) is None
    assert list(contributions(None, label)) == []
