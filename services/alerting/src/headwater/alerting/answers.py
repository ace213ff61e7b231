"""Rules and alerts for the API, with the windows that a rule has judged and those it waits for."""

from collections.abc import Sequence

import sqlalchemy as sa

from headwater.alerting import pages, store
from headwater.alerting.pages import Watched
from headwater.alerting.rules import Point, Rule, silent
from headwater.alerting.store import Alert, Entry
from headwater.contracts.api import alerts as api
from headwater.contracts.keys import model_key
from headwater.contracts.times import format_instant

VERSIONS_SHOWN = 3


class Shown:
    """Responses as of one moment. grace: microseconds from the end of a window until it closes."""

    def __init__(self, connection: sa.Connection, *, grace: int, now: int) -> None:
        self._connection, self._grace, self._now = connection, grace, now
        self._closed = store.closed(connection)

    def rule(self, rule: Rule) -> api.Rule:
        return self.rules([rule])[0]

    def rules(self, rules: Sequence[Rule]) -> list[api.Rule]:
        watched = pages.watched(self._connection, rules, closed=self._closed)
        return [self._rule(rule, watched.get(rule.id, [])) for rule in rules]

    def alerts(self, alerts: Sequence[Alert], *, changes: int) -> list[api.Alert]:
        """With the newest `changes` of each."""
        watched = pages.watched(self._connection, [alert.rule for alert in alerts], closed=self._closed)
        histories = pages.histories(self._connection, [alert.id for alert in alerts], limit=changes)
        by_version = {(rule, found.version): found for rule, versions in watched.items() for found in versions}
        return [
            self._alert(alert, by_version.get((alert.rule.id, alert.version)), histories.get(alert.id))
            for alert in alerts
        ]

    def _rule(self, rule: Rule, watched: Sequence[Watched]) -> api.Rule:
        return api.Rule(
            id=rule.id,
            name=rule.name,
            model_id=model_key(rule.model.namespace, rule.model.name).id,
            model_namespace=rule.model.namespace,
            model_name=rule.model.name,
            metric=rule.metric,
            source=rule.source,
            comparison=rule.comparison,
            threshold=rule.threshold,
            severity=rule.severity,
            for_windows=rule.for_windows,
            min_rows=rule.min_rows,
            watched=[self._version(rule, found) for found in watched[:VERSIONS_SHOWN]],
            more_versions=max(0, len(watched) - VERSIONS_SHOWN),
        )

    def _version(self, rule: Rule, found: Watched) -> api.RuleVersion:
        judged = None if found.judged is None else self._window(rule, found.judged)
        return api.RuleVersion(version=found.version, judged=judged, waiting=self._waiting(rule, found))

    def _waiting(self, rule: Rule, found: Watched) -> list[api.RuleWindow]:
        """The newest closed window and the newest of all, where the rule judges neither."""
        points = {point: None for point in (found.newest_closed, found.newest) if point is not None}
        waiting = [point for point in points if silent(rule, point, closed=self._closed) is not None]
        return [self._window(rule, point) for point in waiting]

    def _window(self, rule: Rule, point: Point) -> api.RuleWindow:
        closes_at = point.window.end + self._grace
        why: api.Unjudged | None = silent(rule, point, closed=self._closed)
        return api.RuleWindow(
            window_start=format_instant(point.window.start),
            window_end=format_instant(point.window.end),
            closes_at=format_instant(closes_at),
            value=point.value,
            reason=point.reason,
            rows=point.rows,
            unjudged="due" if why == "open" and closes_at <= self._now else why,
        )

    def _alert(self, alert: Alert, found: Watched | None, history: pages.History | None) -> api.Alert:
        rule = alert.rule
        return api.Alert(
            id=alert.id,
            rule_id=rule.id,
            rule_name=rule.name,
            model_id=model_key(rule.model.namespace, rule.model.name).id,
            model_namespace=rule.model.namespace,
            model_name=rule.model.name,
            version=alert.version,
            metric=rule.metric,
            source=rule.source,
            comparison=rule.comparison,
            threshold=rule.threshold,
            severity=rule.severity,
            min_rows=rule.min_rows,
            state=alert.state,
            value=alert.value,
            rows=alert.rows,
            since=format_instant(alert.since),
            window_start=format_instant(alert.window.start),
            window_end=format_instant(alert.window.end),
            history=[] if history is None else [change_answer(entry) for entry in history.entries],
            changes=0 if history is None else history.total,
            waiting=[] if found is None else self._waiting(rule, found),
        )


def change_answer(entry: Entry) -> api.AlertChange:
    change = entry.change
    return api.AlertChange(
        state=change.state,
        at=format_instant(change.at),
        recorded_at=format_instant(entry.recorded_at),
        value=change.value,
        rows=change.rows,
        revision=change.revision,
        window_start=format_instant(change.window.start),
        window_end=format_instant(change.window.end),
        mark=entry.mark,
    )
