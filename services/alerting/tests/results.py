"""Short constructors for metric results and rules."""

from collections.abc import Sequence

import msgspec
import sqlalchemy as sa

from headwater.alerting import database, pages, store
from headwater.alerting.handlers import ResultsHandler
from headwater.alerting.judging import Judge
from headwater.alerting.rules import Rule
from headwater.bus.port import Record, TopicPartition
from headwater.contracts.audit import AuditEvent
from headwater.contracts.keys import model_key
from headwater.contracts.metrics import MetricResult, MetricValue, Reason, Slice, Source, Window, reported_definition
from headwater.contracts.models import ModelEvent
from headwater.contracts.predictions import ModelRef
from headwater.contracts.topics import ALERT_EVENTS, AUDIT_EVENTS, MODEL_EVENTS

DAY = 86_400_000_000
HOUR = 3_600_000_000
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
    source: Source = "computed",
    rows: int = 90,
) -> MetricResult:
    """Accuracy of one day."""
    reason: Reason | None = None if accuracy is not None else "no_labels"
    definition = "accuracy@1" if source == "computed" else reported_definition("accuracy")
    measured = MetricValue(
        metric="accuracy", definition=definition, value=accuracy, reason=reason, n=rows + 10, labelled=rows
    )
    return MetricResult(
        id=f"{version}-{source}-{day}-{revision}-{accuracy}-{rows}",
        model=model,
        version=version,
        source=source,
        window=Window(day * DAY, (day + 1) * DAY),
        slice=of,
        revision=revision,
        computed_at=0,
        results=[measured],
    )


class Feed:
    """Passes records to the handler as the loop does; its clock is set by hand, by default long after every window."""

    def __init__(self, engine: sa.Engine, *, channels: Sequence[str] = ("webhook",), now: int = 1_000 * DAY) -> None:
        self.engine, self.now = engine, now
        self.judge = Judge(channels=channels, grace_seconds=3600)
        self.handler = ResultsHandler(engine, self.judge, clock=lambda: self.now)
        self._offset = 0

    def tick(self, now: int | None = None) -> int:
        """What the periodic task does. Returns how many windows were evaluated."""
        self.now = self.now if now is None else now
        with database.writing(self.engine) as connection:
            return self.judge.after(connection, (), now=self.now)

    def hear(self, model: ModelRef = MODEL) -> None:
        """The first event of a model."""
        event = ModelEvent(
            namespace=model.namespace, name=model.name, version="1", action="registered", event_time=self.now
        )
        record = Record(MODEL_EVENTS, 0, 0, None, msgspec.json.encode(event), (), 0)
        self.handler.handle([(record, self.handler.decode(record))], {})

    def add(self, rule: Rule) -> None:
        with database.writing(self.engine) as connection:
            assert store.add_rule(connection, rule, created_at=1)
            self.judge.begin(connection, rule, now=self.now)

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

    def history(self, alert: store.Alert) -> list[tuple[str, int, str]]:
        """State, day and mark of every change, oldest first."""
        with database.reading(self.engine) as connection:
            found = pages.history_page(connection, alert.id, before=None, limit=1000)
        return [(e.change.state, e.change.window.start // DAY, e.mark) for e in reversed(found)]

    def told(self) -> list[tuple[str, str]]:
        """States and versions in the outbox, oldest first."""
        with database.reading(self.engine) as connection:
            rows = [row for row in store.pending(connection, 1000) if row.topic == ALERT_EVENTS]
        events = [msgspec.json.decode(row.value) for row in rows]
        return [(event["state"], event["version"]) for event in events]

    def audited(self) -> list[AuditEvent]:
        """Records pending for the audit trail, oldest first."""
        with database.reading(self.engine) as connection:
            rows = store.pending(connection, 1000)
        return [msgspec.json.decode(row.value, type=AuditEvent) for row in rows if row.topic == AUDIT_EVENTS]

    def waiting(self, channel: str = "webhook") -> list[str]:
        """States of the notifications pending for a channel."""
        with database.reading(self.engine) as connection:
            waiting = store.due(connection, channel, now=1 << 62, limit=1000)
        return [msgspec.json.decode(notification.body)["state"] for notification in waiting]
