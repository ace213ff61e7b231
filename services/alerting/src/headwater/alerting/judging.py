"""Applies a rule to the points of a version: updates the alert and its history, publishes and notifies."""

from collections.abc import Iterable, Sequence

import msgspec
import sqlalchemy as sa

from headwater.alerting import rules, store
from headwater.alerting.rules import Change, Judgement, Rule
from headwater.alerting.store import Alert, SeriesKey
from headwater.bus.outbox import OutboxRow
from headwater.contracts.alerts import AlertEvent, AlertState
from headwater.contracts.metrics import Window
from headwater.contracts.topics import ALERT_EVENTS

SECOND = 1_000_000


class Judge:
    """Works in the caller's transaction, which excludes all other writers.

    After each method, every alert is in the state that its rule yields for the stored points and the closed windows.
    channels: names of those that notify people. grace_seconds: how long after its end a window closes.
    """

    def __init__(self, *, channels: Sequence[str], grace_seconds: float) -> None:
        self.channels, self.grace = channels, int(grace_seconds * SECOND)

    def after(self, connection: sa.Connection, touched: Iterable[tuple[SeriesKey, Window]], *, now: int) -> int:
        """Judge these windows and those closed by the passage of time. Returns the number of judgements."""
        before = store.closed(connection)
        until = rules.closed_until(before, now=now, grace=self.grace)
        keys = {key for key, window in touched if window.end <= until}
        if until != before:
            keys.update(store.judged_between(connection, min(before, until), max(before, until)))
            store.close(connection, until)
        by_subject: dict[tuple[str, str, str], list[Rule]] = {}
        for model_id, rule in store.rules_for(connection, {key.model_id for key in keys}):
            by_subject.setdefault((model_id, rule.source, rule.metric), []).append(rule)
        count = 0
        for key in sorted(keys):
            for rule in by_subject.get(key[:3], ()):
                self._judge(connection, rule, key, closed=until, now=now)
                count += 1
        return count

    def begin(self, connection: sa.Connection, rule: Rule, *, now: int) -> None:
        """Judge a rule that was just added."""
        self.after(connection, (), now=now)
        closed = store.closed(connection)
        for key in store.series_of(connection, rule):
            self._judge(connection, rule, key, closed=closed, now=now)

    def end(self, connection: sa.Connection, rule: Rule, *, now: int) -> None:
        """Delete a rule; its active alerts are resolved."""
        for alert in store.alerts_of(connection, rule.id):
            if alert.state != "resolved":
                change = Change("resolved", alert.window, -1, alert.value, alert.rows)
                self._publish(connection, rule, alert.version, alert.state, change, now=now)
        store.drop_rule(connection, rule.id)

    def _judge(self, connection: sa.Connection, rule: Rule, key: SeriesKey, *, closed: int, now: int) -> None:
        """Update the alert of this rule and version from its points."""
        judged = rules.judge(rule, store.points_of(connection, key), closed=closed)
        alert_id = rules.alert_id(rule.id, key.version)
        before = store.alert(connection, alert_id)
        if judged.state is not None and judged.last is not None:
            change, last = judged.changes[-1], judged.last
            alert = Alert(alert_id, rule, key.version, judged.state, last.value, last.rows, change.at, last.window)
        elif before is not None:
            change = rules.taken_back(Change("resolved", before.window, -1, before.value, before.rows), judged.last)
            since = before.since if before.state == "resolved" else change.at
            alert = before._replace(
                state="resolved", value=change.value, rows=change.rows, since=since, window=change.window
            )
        else:
            return
        store.save_alert(connection, alert)
        self._record(connection, alert_id, judged, now=now)
        if before is not None and alert.state == before.state:
            return
        if judged.state is None:
            store.add_changes(connection, alert_id, [change], recorded_at=now, mark="correction")
        self._publish(connection, rule, key.version, None if before is None else before.state, change, now=now)

    def _record(self, connection: sa.Connection, alert_id: str, judged: Judgement, *, now: int) -> None:
        """Add new changes to the history, and mark those that no longer hold."""
        held = store.held_changes(connection, alert_id)
        known, places = {_place(entry.change) for entry in held}, {_place(change) for change in judged.changes}
        gone = [entry.sequence for entry in held if _place(entry.change) not in places]
        store.take_back(connection, gone)
        new = [change for change in judged.changes if _place(change) not in known]
        store.add_changes(connection, alert_id, new, recorded_at=now)

    def _publish(
        self,
        connection: sa.Connection,
        rule: Rule,
        version: str,
        before: AlertState | None,
        change: Change,
        *,
        now: int,
    ) -> None:
        event = rules.event(rule, version, change, emitted_at=now)
        body = msgspec.json.encode(event)
        store.put_out(connection, OutboxRow(event.id, ALERT_EVENTS, _key(event), body))
        if rules.worth_a_person(before, change):
            for channel in self.channels:
                store.notify(connection, rules.alert_id(rule.id, version), channel, body, now=now)


def _place(change: Change) -> tuple[AlertState, Window]:
    """A later revision of the deciding window does not make another change."""
    return change.state, change.window


def _key(event: AlertEvent) -> bytes:
    return event.rule_id.encode()
