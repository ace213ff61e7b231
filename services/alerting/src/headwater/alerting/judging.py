"""A rule meets the points of a version: the alert's row, what to publish, whom to tell, in the caller's transaction."""

from collections.abc import Iterable

import msgspec
import sqlalchemy as sa

from headwater.alerting import rules, store
from headwater.alerting.rules import Change, Rule
from headwater.alerting.store import Alert, SeriesKey
from headwater.bus.outbox import OutboxRow
from headwater.contracts.alerts import AlertEvent, AlertState
from headwater.contracts.topics import ALERT_EVENTS


class Judge:
    """`notifies`: whether anybody listens for notifications."""

    def __init__(self, *, notifies: bool) -> None:
        self._notifies = notifies

    def after(self, connection: sa.Connection, touched: Iterable[SeriesKey], *, now: int) -> int:
        """Judge what changed. Returns how many judgements were made."""
        keys = sorted(set(touched))
        by_place: dict[tuple[str, str], list[Rule]] = {}
        for model_id, rule in store.rules_for(connection, {key.model_id for key in keys}):
            by_place.setdefault((model_id, rule.metric), []).append(rule)
        count = 0
        for key in keys:
            for rule in by_place.get((key.model_id, key.metric), ()):
                self.judge(connection, rule, key, now=now)
                count += 1
        return count

    def judge(self, connection: sa.Connection, rule: Rule, key: SeriesKey, *, now: int) -> None:
        """Bring the alert of this rule and version to what its points say."""
        judged = rules.judge(rule, store.points_of(connection, key))
        alert_id = rules.alert_id(rule.id, key.version)
        before = store.state_of(connection, alert_id)
        if judged.state is not None and judged.last is not None:
            since, last = judged.changes[-1].at, judged.last
            saved = Alert(alert_id, rule, key.version, judged.state, last.value, since, last.window, judged.changes)
            store.save_alert(connection, saved)
        elif before is not None:
            store.drop_alert(connection, alert_id)
        change = rules.news(before, judged)
        if change is not None:
            self._tell(connection, rule, key.version, before, change, now=now)

    def end(self, connection: sa.Connection, rule: Rule, *, now: int) -> None:
        """Drop a rule; what it had set off is resolved."""
        for alert in store.alerts_of(connection, rule.id):
            if alert.state != "resolved":
                change = Change("resolved", alert.window, -1, alert.value)
                self._tell(connection, rule, alert.version, alert.state, change, now=now)
        store.drop_rule(connection, rule.id)

    def _tell(
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
        if self._notifies and rules.worth_a_person(before, change):
            store.notify(connection, rules.alert_id(rule.id, version), body, now=now)


def _key(event: AlertEvent) -> bytes:
    return event.rule_id.encode()
