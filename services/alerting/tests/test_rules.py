import random
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.alerting import database, tables
from headwater.alerting.rules import Change, Judgement, Point, event_id, judge, news, worth_a_person
from headwater.contracts.metrics import MetricResult, Window

from .results import DAY, Feed, low_accuracy, result


def points(*values: float | None) -> list[Point]:
    return [Point(Window(day * DAY, (day + 1) * DAY), 1, value) for day, value in enumerate(values)]


def states(*values: float | None, for_windows: int = 2) -> list[tuple[str, int]]:
    """Changes of state with the day that made them."""
    judged = judge(low_accuracy(for_windows), points(*values))
    return [(change.state, change.window.start // DAY) for change in judged.changes]


def test_a_rule_that_was_never_breached_has_no_state() -> None:
    assert judge(low_accuracy(), points(0.9, 0.95)).state is None
    assert judge(low_accuracy(), []) == Judgement(None, (), None)


def test_it_is_pending_until_enough_windows_in_a_row_breach_then_fires_then_resolves() -> None:
    assert states(0.9, 0.7, 0.7, 0.7, 0.9, for_windows=3) == [("pending", 1), ("firing", 3), ("resolved", 4)]


def test_one_window_is_enough_when_the_rule_says_so() -> None:
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


def test_windows_are_judged_by_their_end_however_they_are_listed() -> None:
    listed = points(0.9, 0.7, 0.7, 0.9)
    assert judge(low_accuracy(), reversed(listed)) == judge(low_accuracy(), listed)


def test_history_is_bounded_and_keeps_the_newest() -> None:
    judged = judge(low_accuracy(1), points(*(0.7 if day % 2 else 0.9 for day in range(301))))
    assert len(judged.changes) == 100
    assert judged.changes[-1].window.start == 300 * DAY


def test_a_breach_that_a_revision_takes_back_is_told_as_resolved_once() -> None:
    judged = judge(low_accuracy(), points(0.9, 0.9))
    change = news("firing", judged)
    assert change is not None
    assert (change.state, change.window.start) == ("resolved", DAY)
    assert news("resolved", judged) is None
    assert news(None, judged) is None


def test_the_id_of_a_change_tells_revisions_of_one_window_apart() -> None:
    first = Change("firing", Window(0, DAY), 1, 0.7)
    again = Change("firing", Window(0, DAY), 3, 0.7)
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
def test_people_hear_of_firing_and_of_the_end_of_firing(before: Any, state: Any, heard: bool) -> None:
    assert worth_a_person(before, Change(state, Window(0, 1), 1, None)) is heard


revisions = st.lists(
    st.tuples(
        st.integers(0, 6),  # day
        st.integers(1, 3),  # revision
        st.sampled_from(["1", "2"]),
        st.sampled_from([0.5, 0.79, 0.8, 0.9, None]),
    ),
    max_size=25,
)


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sent=revisions, for_windows=st.integers(1, 3), seed=st.integers(0, 1 << 32))
def test_any_order_repetition_and_batching_of_revisions_ends_in_the_same_alerts(
    engine: sa.Engine, sent: list[tuple[int, int, str, float | None]], for_windows: int, seed: int
) -> None:
    # One revision of a window has one value: the engine computes it from the same rows.
    values = {(day, revision, version): value for day, revision, version, value in sent}
    results = [result(d, value, revision=r, version=v) for (d, r, v), value in values.items()]
    rule = low_accuracy(for_windows)
    expected = {}
    for version in ("1", "2"):
        newest = {d: max(r for (day, r, v) in values if (day, v) == (d, version)) for d, _, v in values if v == version}
        listed = [Point(Window(d * DAY, (d + 1) * DAY), r, values[d, r, version]) for d, r in newest.items()]
        judged = judge(rule, listed)
        if judged.state is not None and judged.last is not None:
            expected[version] = (judged.state, judged.changes, judged.last.window, judged.last.value)
    for _ in range(2):
        assert _alerts_after(engine, rule, results, random.Random(seed)) == expected
        seed += 1


def _alerts_after(engine: sa.Engine, rule: Any, results: list[MetricResult], dice: random.Random) -> dict[str, Any]:
    with database.writing(engine) as connection:
        for table in tables.metadata.sorted_tables:
            connection.execute(table.delete())
    feed = Feed(engine)
    feed.add(rule)
    doubled = results + dice.sample(results, len(results) // 2)
    dice.shuffle(doubled)
    while doubled:
        size = dice.randint(1, len(doubled))
        feed.take(*doubled[:size])
        doubled = doubled[size:]
    return {alert.version: (alert.state, alert.changes, alert.window, alert.value) for alert in feed.alerts()}
