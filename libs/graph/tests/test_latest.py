import random

from hypothesis import given
from hypothesis import strategies as st

from headwater.graph.answering.latest import RECENT, WindowValue, keep, latest


def value(end: int, value: float | None, *, revision: int = 1) -> WindowValue:
    return WindowValue(end, end - 1, revision, 0, f"{end}.{revision}", value)


def kept(found: list[WindowValue]) -> list[WindowValue]:
    windows: list[WindowValue] = []
    for each in found:
        keep(windows, each)
    return windows


def test_a_window_whose_labels_are_still_out_does_not_hide_the_last_value() -> None:
    assert latest(kept([value(1, 0.7), value(2, None)])).value == 0.7


def test_a_value_withdrawn_by_a_revision_is_not_shown() -> None:
    assert latest(kept([value(1, 0.6), value(2, 0.7), value(2, None, revision=2)])).value == 0.6


def test_without_any_value_the_newest_window_gives_the_reason() -> None:
    assert latest(kept([value(2, None), value(1, None)])).end == 2


def test_a_value_known_already_changes_nothing() -> None:
    windows = kept([value(1, 0.7, revision=2)])
    assert not keep(windows, value(1, 0.7, revision=2))
    assert not keep(windows, value(1, 0.1, revision=1))


values = st.builds(
    lambda end, number, revision: value(end, number, revision=revision),
    st.integers(0, RECENT * 2),
    st.sampled_from([None, 0.5, 0.9]),
    st.integers(1, 3),
)


@given(st.lists(values, max_size=RECENT * 2, unique_by=lambda v: v.result), st.randoms(use_true_random=False))
def test_order_and_repetition_do_not_matter(found: list[WindowValue], chance: random.Random) -> None:
    shuffled = [*found, *found]
    chance.shuffle(shuffled)
    assert kept(shuffled) == kept(found)
    assert len(kept(found)) <= RECENT
