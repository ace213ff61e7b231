"""Windows of event time and slices of rows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.contracts.metrics import Slice, Window
from headwater.metrics_engine.windows import UNSLICED, as_slice, slice_keys, window_at

SECOND = 1_000_000


@given(st.integers(-(2**60), 2**60), st.integers(1, 10**7))
def test_every_time_is_in_exactly_one_window(moment: int, seconds: int) -> None:
    window = window_at(moment, seconds)
    assert window.start <= moment < window.end
    assert window.end - window.start == seconds * SECOND
    assert window.start % (seconds * SECOND) == 0
    assert window_at(window.end, seconds) == Window(window.end, window.end + seconds * SECOND)


def test_days_begin_at_midnight_utc() -> None:
    day = 86_400 * SECOND
    assert window_at(0, 86_400) == Window(0, day)
    assert window_at(day - 1, 86_400) == Window(0, day)
    assert window_at(-1, 86_400) == Window(-day, 0)


@pytest.mark.parametrize(
    ("row", "keys"),
    [
        ({"region": "eu", "device": "tv"}, [UNSLICED, ("region", "eu"), ("tier", "other")]),
        ({"region": "mars", "tier": "gold"}, [UNSLICED, ("region", "other"), ("tier", "gold")]),
        ({}, [UNSLICED, ("region", "other"), ("tier", "other")]),
    ],
)
def test_undeclared_values_count_as_other_and_undeclared_slices_not_at_all(
    row: dict[str, str], keys: list[tuple[str, str]]
) -> None:
    assert list(slice_keys(row, {"region": ("eu", "us"), "tier": ("gold",)})) == keys


def test_all_rows_together_are_no_slice() -> None:
    assert as_slice(UNSLICED) is None
    assert as_slice(("region", "eu")) == Slice("region", "eu")
