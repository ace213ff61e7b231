"""Metric results and rules, made short."""

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from headwater.alerting import database, store
from headwater.alerting.handlers import ResultsHandler
from headwater.alerting.judging import Judge
from headwater.alerting.rules import Rule
from headwater.bus.port import Record, TopicPartition
from headwater.contracts.audit import AuditEvent
from headwater.contracts.keys import model_key
from headwater.contracts.metrics import MetricResult, MetricValue, Reason, Slice, Window
from headwater.contracts.predictions import ModelRef
from headwater.contracts.topics import ALERT_EVENTS, AUDIT_EVENTS

DAY = 86_400_000_000
MODEL = ModelRef("shop", "churn")
MODEL_ID = model_key("shop", "churn").id
SOURCE = TopicPartition("metric.results", 0)


def low_accuracy(for_windows: int = 2, **changes: object) -> Rule:
    rule = Rule(
        id="r1",
        name="accuracy too low",
        model=MODEL,
        metric="accuracy",
        comparison="below",
        threshold=0.8,
        severity="critical",
        for_windows=for_windows,
    )
    return msgspec.structs.replace(rule, **changes)


def result(
    day: int,
    accuracy: float | None,
    *,
    revision: int = 1,
    version: str = "3",
    of: Slice | None = None,
    model: ModelRef = MODEL,
) -> MetricResult:
    reason: Reason | None = None if accuracy is not None else "no_labels"
    measured = MetricValue(metric="accuracy", definition="accuracy@1", value=accuracy, reason=reason, n=10, labelled=9)
    return MetricResult(
        id=f"{version}-{day}-{revision}-{accuracy}",
        model=model,
        version=version,
        window=Window(day * DAY, (day + 1) * DAY),
        slice=of,
        revision=revision,
        computed_at=0,
        results=[measured],
    )


class Feed:
    """Hands results to the handler as the loop does."""

    def __init__(self, engine: sa.Engine, *, notifies: bool = True) -> None:
        self.engine = engine
        self.handler = ResultsHandler(engine, Judge(notifies=notifies), clock=lambda: 100 * DAY)
        self._offset = 0

    def add(self, rule: Rule) -> None:
        with database.writing(self.engine) as connection:
            assert store.add_rule(connection, rule, created_at=1)

    def take(self, *results: MetricResult) -> None:
        """One batch."""
        items = []
        for taken in results:
            record = Record(*SOURCE, self._offset, None, msgspec.json.encode(taken), (), 0)
            items.append((record, self.handler.decode(record)))
            self._offset += 1
        self.handler.handle(items, {SOURCE: self._offset})

    def alerts(self) -> Sequence[store.Alert]:
        with database.reading(self.engine) as connection:
            return store.alerts_of(connection, "r1")

    def told(self) -> list[tuple[str, str]]:
        """States and versions in the outbox, oldest first."""
        with database.reading(self.engine) as connection:
            rows = [row for row in store.pending(connection, 1000) if row.topic == ALERT_EVENTS]
        events = [msgspec.json.decode(row.value) for row in rows]
        return [(event["state"], event["version"]) for event in events]

    def audited(self) -> list[AuditEvent]:
        """What waits for the audit trail, oldest first."""
        with database.reading(self.engine) as connection:
            rows = store.pending(connection, 1000)
        return [msgspec.json.decode(row.value, type=AuditEvent) for row in rows if row.topic == AUDIT_EVENTS]

    def waiting(self) -> list[str]:
        """States of the notifications that wait."""
        with database.reading(self.engine) as connection:
            waiting = store.due(connection, now=1 << 62, limit=1000)
        return [msgspec.json.decode(notification.body)["state"] for notification in waiting]
