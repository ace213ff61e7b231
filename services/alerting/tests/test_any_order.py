"""Alerts depend only on the latest revisions and on the clock."""

import random
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.alerting import database, rules, tables
from headwater.alerting.rules import Point
from headwater.contracts.metrics import MetricResult, Source, Window

from .results import DAY, HOUR, Feed, low_accuracy, result

VERSIONS = ("1", "2")
SOURCES: tuple[Source, ...] = ("computed", "reported")
ENDS_AT = 6 * DAY  # in the middle of the days that are measured: some windows stay open

revisions = st.dictionaries(
    st.tuples(st.integers(0, 6), st.integers(1, 3), st.sampled_from(VERSIONS), st.sampled_from(SOURCES)),
    # One revision of a window has one value: it is computed from the same rows.
    st.tuples(st.sampled_from([0.5, 0.79, 0.8, 0.9, None]), st.sampled_from([0, 29, 30, 200])),
    max_size=30,
)
Sent = dict[tuple[int, int, str, Source], tuple[float | None, int]]


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sent=revisions, for_windows=st.integers(1, 3), source=st.sampled_from(SOURCES), seed=st.integers(0, 1 << 32))
def test_any_order_repetition_batching_and_timing_ends_in_the_same_alerts(
    engine: sa.Engine, sent: Sent, for_windows: int, source: Source, seed: int
) -> None:
    rule = low_accuracy(for_windows, source=source)
    results = [result(d, v, revision=r, version=of, source=s, rows=n) for (d, r, of, s), (v, n) in sent.items()]
    expected = _expected(rule, sent)
    for dice in (random.Random(seed), random.Random(seed + 1)):
        feed = _fed(engine, rule, results, dice)
        found = {alert.version: alert for alert in feed.alerts()}
        for version in VERSIONS:
            judged = expected[version]
            if judged.state is None:
                # Whether an early revision raised it temporarily is history, not state.
                assert version not in found or found[version].state == "resolved"
                continue
            assert judged.last is not None
            alert = found[version]
            assert (alert.state, alert.window, alert.value, alert.rows, alert.since) == (
                judged.state, judged.last.window, judged.last.value, judged.last.rows, judged.changes[-1].at,
            )  # fmt: skip
            held = [entry for entry in feed.history(alert) if entry[2] == "holds"]
            assert sorted(held) == sorted((c.state, c.window.start // DAY, "holds") for c in judged.changes)
        _each_was_published(feed)


def _expected(rule: rules.Rule, sent: Sent) -> dict[str, rules.Judgement]:
    judged = {}
    for version in VERSIONS:
        newest: dict[int, int] = {}
        for day, revision, of, source in sent:
            if (of, source) == (version, rule.source):
                newest[day] = max(revision, newest.get(day, 0))
        points = [
            Point(Window(d * DAY, (d + 1) * DAY), r, *sent[d, r, version, rule.source]) for d, r in newest.items()
        ]
        judged[version] = rules.judge(rule, points, closed=ENDS_AT - HOUR)
    return judged


def _fed(engine: sa.Engine, rule: rules.Rule, results: list[MetricResult], dice: random.Random) -> Feed:
    """Everything at least once, in any order and any batches, while time passes and the timer ticks."""
    with database.writing(engine) as connection:
        for table in tables.metadata.sorted_tables:
            connection.execute(table.delete())
    feed = Feed(engine, now=dice.randint(0, ENDS_AT))
    doubled: list[Any] = results + dice.sample(results, len(results) // 2)
    dice.shuffle(doubled)
    rule_comes_at, added = dice.randint(0, len(doubled)), False
    while doubled or not added:
        if not added and len(doubled) <= rule_comes_at:
            feed.add(rule)
            added = True
        size = dice.randint(1, 1 + len(doubled))
        feed.take(*doubled[:size])
        doubled = doubled[size:]
        feed.now = dice.randint(feed.now, ENDS_AT)
        if dice.random() < 0.5:
            feed.tick()
    feed.tick(ENDS_AT)
    return feed


def _each_was_published(feed: Feed) -> None:
    """The last event about each alert is its state."""
    last = {version: state for state, version in feed.told()}
    assert last == {alert.version: alert.state for alert in feed.alerts()}
