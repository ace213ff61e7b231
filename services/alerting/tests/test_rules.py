from collections.abc import Iterable
from typing import Any

import pytest

from headwater.alerting import rules
from headwater.alerting.rules import (
    CLOCK_SKEW,
    Change,
    Judgement,
    Point,
    Rule,
    closed_until,
    event_id,
    silent,
    worth_a_person,
)
from headwater.contracts.metrics import Window

from .results import DAY, HOUR, low_accuracy


def points(*values: float | None, rows: int = 100) -> list[Point]:
    return [Point(Window(day * DAY, (day + 1) * DAY), 1, value, rows) for day, value in enumerate(values)]


def judge(rule: Rule, listed: Iterable[Point]) -> Judgement:
    """All windows are closed."""
    return rules.judge(rule, listed, closed=1_000 * DAY)


def states(*values: float | None, for_windows: int = 2) -> list[tuple[str, int]]:
    """Changes of state with the day that made them."""
    judged = judge(low_accuracy(for_windows), points(*values))
    return [(change.state, change.window.start // DAY) for change in judged.changes]


def test_a_rule_that_was_never_breached_has_no_state() -> None:
    assert judge(low_accuracy(), points(0.9, 0.95)).state is None
    assert judge(low_accuracy(), []) == Judgement(None, (), None)


def test_it_is_pending_until_enough_windows_in_a_row_breach_then_fires_then_resolves() -> None:
    assert states(0.9, 0.7, 0.7, 0.7, 0.9, for_windows=3) == [("pending", 1), ("firing", 3), ("resolved", 4)]


def test_one_window_suffices_if_the_rule_requires_one() -> None:
    assert states(0.9, 0.7, for_windows=1) == [("firing", 1)]


def test_a_breach_that_ends_early_is_resolved_without_firing_and_may_come_again() -> None:
    assert states(0.7, 0.9, 0.7, 0.7) == [("pending", 0), ("resolved", 1), ("pending", 2), ("firing", 3)]


def test_undefined_windows_neither_break_a_series_nor_add_to_it() -> None:
    assert states(0.7, None, None, 0.7) == [("pending", 0), ("firing", 3)]
    assert states(None, 0.9, None) == []


def test_a_value_on_the_threshold_keeps_it() -> None:
    assert states(0.8, for_windows=1) == []
    above = low_accuracy(1, comparison="above")
    assert judge(above, points(0.8)).state is None
    assert judge(above, points(0.81)).state == "firing"


def test_windows_are_evaluated_by_their_end_in_any_listed_order() -> None:
    listed = points(0.9, 0.7, 0.7, 0.9)
    assert judge(low_accuracy(), reversed(listed)) == judge(low_accuracy(), listed)


def test_an_open_window_is_not_evaluated_until_it_has_closed() -> None:
    listed = points(0.9, 0.7)
    assert rules.judge(low_accuracy(1), listed, closed=2 * DAY - 1).state is None
    assert rules.judge(low_accuracy(1), listed, closed=2 * DAY).state == "firing"
    assert silent(low_accuracy(), listed[1], closed=2 * DAY - 1) == "open"


def test_a_window_of_too_few_rows_is_not_evaluated() -> None:
    assert judge(low_accuracy(1), points(0.1, rows=29)) == Judgement(None, (), None)
    assert judge(low_accuracy(1), points(0.1, rows=30)).state == "firing"
    assert judge(low_accuracy(1, min_rows=0), points(0.1, rows=0)).state == "firing"
    few, undefined = points(0.1, None, rows=29)
    assert silent(low_accuracy(), few, closed=9 * DAY) == "few_rows"
    assert silent(low_accuracy(), undefined, closed=9 * DAY) == "undefined"


def test_a_window_closes_when_its_grace_has_passed_and_stays_closed_for_clocks_that_differ_a_little() -> None:
    assert closed_until(rules.NEVER, now=10 * DAY, grace=HOUR) == 10 * DAY - HOUR
    assert closed_until(5 * DAY, now=5 * DAY + 2 * HOUR, grace=HOUR) == 5 * DAY + HOUR
    assert closed_until(5 * DAY, now=5 * DAY + HOUR - CLOCK_SKEW, grace=HOUR) == 5 * DAY
    assert closed_until(5 * DAY, now=5 * DAY, grace=HOUR) == 5 * DAY - HOUR  # the clock was wrong, or the grace grew


def test_the_id_of_a_change_distinguishes_revisions_of_one_window() -> None:
    first = Change("firing", Window(0, DAY), 1, 0.7, 90)
    again = Change("firing", Window(0, DAY), 3, 0.7, 90)
    assert event_id("r", "1", first) == event_id("r", "1", first)
    assert event_id("r", "1", first) != event_id("r", "1", again)


@pytest.mark.parametrize(
    ("before", "state", "heard"),
    [
        (None, "pending", False),
        ("pending", "firing", True),
        ("firing", "resolved", True),
        ("pending", "resolved", False),
    ],
)
def test_people_are_notified_of_firing_and_of_its_end(before: Any, state: Any, heard: bool) -> None:
    assert worth_a_person(before, Change(state, Window(0, 1), 1, None, 0)) is heard
