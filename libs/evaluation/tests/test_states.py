"""States: any order, grouping, repetition and removal that leaves the same rows gives the same bytes."""

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headwater.evaluation import UnreadableState
from headwater.evaluation.states import EMPTY, Confusion, Residuals, state_of, zero

weights = st.sampled_from([1.0, 0.1, 3.7, 1e-9, 0.0, 1e12])
labels = st.sampled_from(["a", "b", "ü", ""])
numbers = st.floats(-1e150, 1e150)
class_rows = st.lists(st.tuples(labels, labels, weights), max_size=40)
value_rows = st.lists(st.tuples(numbers, numbers, weights), max_size=40)
Rows = list[tuple[Any, Any, float]]


def of(empty: Any, rows: Rows) -> Any:
    columns: Any = zip(*rows, strict=True) if rows else ((), (), ())
    return empty.update(*columns)


@pytest.mark.parametrize(("empty", "strategy"), [(Confusion(), class_rows), (Residuals(), value_rows)], ids=["c", "r"])
class TestStates:
    def test_any_partition_and_order_gives_the_same_bytes(self, empty: Any, strategy: Any) -> None:
        @given(strategy, st.randoms(use_true_random=False), st.integers(0, 40), st.integers(0, 40))
        def check(rows: Rows, rng: random.Random, first: int, second: int) -> None:
            shuffled = rng.sample(rows, len(rows))
            low, high = sorted((first, second))
            parts = [of(empty, part) for part in (shuffled[:low], shuffled[low:high], shuffled[high:])]
            rng.shuffle(parts)
            merged = parts[0].merge(parts[1]).merge(parts[2])
            assert merged.to_bytes() == of(empty, rows).to_bytes()

        check()

    def test_rows_that_come_twice_and_go_once_leave_no_trace(self, empty: Any, strategy: Any) -> None:
        @given(strategy, strategy)
        def check(rows: Rows, extra: Rows) -> None:
            state = of(of(empty, rows), extra).subtract(of(empty, extra))
            assert state.to_bytes() == of(empty, rows).to_bytes()
            assert state.rows == len(rows)

        check()

    def test_a_state_survives_its_bytes(self, empty: Any, strategy: Any) -> None:
        @given(strategy)
        def check(rows: Rows) -> None:
            state = of(empty, rows)
            assert state_of(state.to_bytes()) == state

        check()

    def test_bytes_cut_short_or_too_long_are_refused(self, empty: Any, strategy: Any) -> None:
        rows = [("a", "b", 1.0)] if isinstance(empty, Confusion) else [(1.0, 2.0, 1.0)]
        data = of(empty, rows).to_bytes()
        for broken in (data[:-1], data + b"\0", b"", b"\x63" + data):
            with pytest.raises(UnreadableState, match=r"state"):
                state_of(broken)

    def test_a_bit_that_fell_over_is_noticed_wherever_it_lies(self, empty: Any, strategy: Any) -> None:
        rows = [("a", "b", 1.0)] if isinstance(empty, Confusion) else [(1.0, 2.0, 1.0)]
        data = of(empty, rows).to_bytes()
        for at in range(len(data)):
            with pytest.raises(UnreadableState):
                state_of(data[:at] + bytes([data[at] ^ 0x40]) + data[at + 1 :])

    def test_a_state_of_a_newer_program_says_so(self, empty: Any, strategy: Any) -> None:
        data = empty.to_bytes()
        with pytest.raises(UnreadableState, match="version 2, this program reads up to 1: use a newer version"):
            state_of(b"\x02" + data[1:])


def test_a_row_without_weight_counts_as_a_row() -> None:
    assert Confusion().update(["a"], ["a"], [0.0]).rows == 1


def test_unit_weights_equal_no_weights() -> None:
    assert Confusion().update(["a"], ["b"], [1.0]) == Confusion().update(["a"], ["b"])
    assert Residuals().update([1.0], [2.0], [1.0]) == Residuals().update([1.0], [2.0])


@pytest.mark.parametrize("bad", [-1.0, float("nan"), float("inf")])
def test_a_weight_that_is_none_is_refused_by_row(bad: float) -> None:
    with pytest.raises(ValueError, match=r"weights\[1\]"):
        Confusion().update(["a", "b"], ["a", "b"], [1.0, bad])


def test_columns_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="y_pred has 1 rows, y_true 2"):
        Confusion().update(["a", "b"], ["a"])
    with pytest.raises(ValueError, match="y_pred has 1 rows, y_true 2"):
        Residuals().update([1.0, 2.0], [1.0])
    with pytest.raises(ValueError, match="weights has 1 rows, y_true 2"):
        Residuals().update([1.0, 2.0], [1.0, 2.0], [1.0])


def test_numbers_that_are_not_finite_are_refused_by_row() -> None:
    with pytest.raises(ValueError, match=r"y_true\[1\]"):
        Residuals().update([1.0, float("nan")], [1.0, 2.0])
    with pytest.raises(ValueError, match="difference is not finite"):
        Residuals().update([-1.7e308], [1.7e308])


def test_a_task_without_states_has_no_empty_one() -> None:
    assert zero("ranking") is None
    assert zero("binary") == Confusion()
    assert not EMPTY
