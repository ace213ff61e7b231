"""When a rule fires: a pure function of the latest revision of each window and of how far windows have closed.

Windows are judged in the order of their ends, in whatever order they arrived. A window that is open, has no value, or
is based on fewer rows than the rule requires is ignored: it neither breaks a series of breaches nor adds to it.
`for_windows` breaches in a row make a rule fire; before that it is pending; the first window within the threshold
resolves it.
"""

import hashlib
from collections.abc import Iterable
from typing import Literal, NamedTuple

import msgspec

from headwater.contracts.alerts import AlertEvent, AlertState, Comparison, Severity
from headwater.contracts.api.alerts import MIN_ROWS
from headwater.contracts.metrics import Source, Window
from headwater.contracts.predictions import ModelRef

NEVER = -(1 << 62)
"""How far windows are closed before the first judgement."""
CLOCK_SKEW = 300_000_000

Silent = Literal["open", "few_rows", "undefined"]


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """A static threshold on one metric of every version of one model."""

    id: str
    name: str
    model: ModelRef
    metric: str
    source: Source = "computed"
    comparison: Comparison
    threshold: float
    severity: Severity
    for_windows: int
    min_rows: int = MIN_ROWS

    def breached_by(self, value: float) -> bool:
        return value < self.threshold if self.comparison == "below" else value > self.threshold


class Point(NamedTuple):
    """The latest revision of one metric in one window. `rows`: how many rows the value is based on."""

    window: Window
    revision: int
    value: float | None
    rows: int
    reason: str | None = None


class Change(NamedTuple):
    """The state began with this point."""

    state: AlertState
    window: Window
    revision: int
    value: float | None
    rows: int

    @property
    def at(self) -> int:
        """When, in event time: the end of the window that decided it."""
        return self.window.end


class Judgement(NamedTuple):
    """The result of judging the points. `changes`: oldest first; `last`: the newest point that was judged."""

    state: AlertState | None
    changes: tuple[Change, ...]
    last: Point | None


def closed_until(before: int, *, now: int, grace: int) -> int:
    """The moment up to which windows have closed: `grace` microseconds have passed since their end.

    Clocks of several processes differ slightly: a window that one of them has closed stays closed. After a clock was
    far ahead, or with a longer grace, windows open again.
    """
    until = now - grace
    return before if 0 < before - until <= CLOCK_SKEW else until


def silent(rule: Rule, point: Point, *, closed: int) -> Silent | None:
    """Why a point is not judged; None when it is. closed: the last end of closed windows."""
    if point.window.end > closed:
        return "open"
    if point.value is None:
        return "undefined"
    return "few_rows" if point.rows < rule.min_rows else None


def judge(rule: Rule, points: Iterable[Point], *, closed: int) -> Judgement:
    """The state of `rule` over these points. None: never breached."""
    state: AlertState | None = None
    changes: list[Change] = []
    breaches = 0
    last: Point | None = None
    for point in sorted(points, key=lambda point: (point.window.end, point.window.start)):
        if silent(rule, point, closed=closed) is not None or point.value is None:
            continue
        last = point
        breaches = breaches + 1 if rule.breached_by(point.value) else 0
        following = _following(state, breaches, rule.for_windows)
        if following != state and following is not None:
            changes.append(Change(following, point.window, point.revision, point.value, point.rows))
        state = following
    return Judgement(state, tuple(changes), last)


def _following(state: AlertState | None, breaches: int, for_windows: int) -> AlertState | None:
    if breaches >= for_windows:
        return "firing"
    if breaches:
        return "pending"
    return None if state is None else "resolved"


def event(rule: Rule, version: str, change: Change, *, emitted_at: int) -> AlertEvent:
    """The event of a change. Its id is derived from the change and the revision that made it."""
    return AlertEvent(
        id=event_id(rule.id, version, change),
        rule_id=rule.id,
        rule_name=rule.name,
        model=rule.model,
        version=version,
        metric=rule.metric,
        source=rule.source,
        state=change.state,
        severity=rule.severity,
        comparison=rule.comparison,
        threshold=rule.threshold,
        value=change.value,
        rows=change.rows,
        window=change.window,
        at=change.at,
        emitted_at=emitted_at,
    )


def event_id(rule_id: str, version: str, change: Change) -> str:
    parts = (rule_id, version, change.state, change.window.start, change.window.end, change.revision)
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:32]


def alert_id(rule_id: str, version: str) -> str:
    """One alert per rule and version: it is pending, fires, resolves, and may fire again."""
    return hashlib.sha256(f"{rule_id}\0{version}".encode()).hexdigest()[:26]


def taken_back(before: Change, last: Point | None) -> Change:
    """An alert that was pending or firing, and is not after a revision, is resolved by the newest judged window."""
    if last is None:
        return before._replace(state="resolved")
    return Change("resolved", last.window, last.revision, last.value, last.rows)


def worth_a_person(before: AlertState | None, change: Change) -> bool:
    """Notify about firing alerts, and about firing alerts that are resolved."""
    return change.state == "firing" or (change.state == "resolved" and before == "firing")
