"""When a rule fires: a pure function of the latest revision of each window, whatever order they came in.

Windows are judged in the order of their ends. A window whose value is undefined says nothing: it neither
breaks a series of breaches nor adds to it. `for_windows` breaches in a row make a rule fire; before that it
is pending; the first window that keeps the threshold resolves it.
"""

import hashlib
from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from headwater.contracts.alerts import AlertEvent, AlertState, Comparison, Severity
from headwater.contracts.metrics import Window
from headwater.contracts.predictions import ModelRef

HISTORY = 100
"""Changes of state that an alert keeps: the newest."""


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """A static threshold on one metric of every version of one model."""

    id: str
    name: str
    model: ModelRef
    metric: str
    comparison: Comparison
    threshold: float
    severity: Severity
    for_windows: int

    def breached_by(self, value: float) -> bool:
        return value < self.threshold if self.comparison == "below" else value > self.threshold


class Point(NamedTuple):
    """The latest revision of one metric in one window."""

    window: Window
    revision: int
    value: float | None


class Change(msgspec.Struct, frozen=True):
    """The state began with this point."""

    state: AlertState
    window: Window
    revision: int
    value: float | None

    @property
    def at(self) -> int:
        """When, by the data: the end of the window that decided it."""
        return self.window.end


class Judgement(NamedTuple):
    """What the points say. `changes`: oldest first, at most HISTORY; `last`: the newest point that has a value.

    `newest`: the newest point, whether it has one or not.
    """

    state: AlertState | None
    changes: tuple[Change, ...]
    last: Point | None
    newest: Point | None = None


def judge(rule: Rule, points: Iterable[Point]) -> Judgement:
    """The state of `rule` over these points. None: it never came near."""
    state: AlertState | None = None
    changes: list[Change] = []
    breaches = 0
    last: Point | None = None
    ordered = sorted(points, key=lambda point: (point.window.end, point.window.start))
    for point in ordered:
        if point.value is None:
            continue
        last = point
        breaches = breaches + 1 if rule.breached_by(point.value) else 0
        following = _following(state, breaches, rule.for_windows)
        if following != state and following is not None:
            changes.append(Change(following, point.window, point.revision, point.value))
        state = following
    return Judgement(state, tuple(changes[-HISTORY:]), last, ordered[-1] if ordered else None)


def _following(state: AlertState | None, breaches: int, for_windows: int) -> AlertState | None:
    if breaches >= for_windows:
        return "firing"
    if breaches:
        return "pending"
    return None if state is None else "resolved"


def event(rule: Rule, version: str, change: Change, *, emitted_at: int) -> AlertEvent:
    """What to tell others about a change. The id names the change and the revision that made it."""
    return AlertEvent(
        id=event_id(rule.id, version, change),
        rule_id=rule.id,
        rule_name=rule.name,
        model=rule.model,
        version=version,
        metric=rule.metric,
        state=change.state,
        severity=rule.severity,
        comparison=rule.comparison,
        threshold=rule.threshold,
        value=change.value,
        window=change.window,
        at=change.at,
        emitted_at=emitted_at,
    )


def event_id(rule_id: str, version: str, change: Change) -> str:
    parts = (rule_id, version, change.state, change.window.start, change.window.end, change.revision)
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:32]


def alert_id(rule_id: str, version: str) -> str:
    """One alert a rule and version: it pends, fires, resolves, and may fire again."""
    return hashlib.sha256(f"{rule_id}\0{version}".encode()).hexdigest()[:26]


def news(before: AlertState | None, judged: Judgement) -> Change | None:
    """The change to tell when an alert was in state `before`; None when there is nothing new.

    A later revision may take back a breach as if it had never been: what was told as pending or firing is resolved.
    """
    if judged.state == before:
        return None
    if judged.state is not None:
        return judged.changes[-1]
    if before == "resolved" or judged.newest is None:
        return None
    return Change("resolved", judged.newest.window, judged.newest.revision, judged.newest.value)


def worth_a_person(before: AlertState | None, change: Change) -> bool:
    """People hear of alerts that fire, and that what fired is resolved."""
    return change.state == "firing" or (change.state == "resolved" and before == "firing")
