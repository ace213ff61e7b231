"""Rows in and out; nothing is decided here. The queries of pages are in `pages.py`."""

from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple

import msgspec
import sqlalchemy as sa

from headwater.alerting.rules import NEVER, Change, Point, Rule
from headwater.alerting.tables import alerts, changes, closing, models, notifications, outbox, points, rules
from headwater.alerting.tables import series as series_table
from headwater.bus.outbox import OutboxRow
from headwater.contracts.alerts import AlertState
from headwater.contracts.audit import AuditEvent
from headwater.contracts.keys import model_key
from headwater.contracts.metrics import Source, Window
from headwater.contracts.predictions import ModelRef
from headwater.contracts.topics import AUDIT_EVENTS
from headwater.runtime.storage.database import insert_into

Mark = Literal["holds", "taken_back", "correction"]
"""`holds`: confirmed by the latest revisions; `taken_back`: no longer so; `correction`: resolved by such a revision."""
_SERIES = ("model_id", "source", "metric", "version")


class SeriesKey(NamedTuple):
    """The unit that a rule judges: one metric of one version, from one source."""

    model_id: str
    source: Source
    metric: str
    version: str


class Revision(NamedTuple):
    """One value as received: equal revisions are ordered by message id, so the order of arrival does not matter."""

    key: SeriesKey
    point: Point
    result_id: str


class Alert(NamedTuple):
    """An alert with the rule behind it. `rows`: how many rows `value` is based on."""

    id: str
    rule: Rule
    version: str
    state: AlertState
    value: float | None
    rows: int
    since: int
    window: Window


class Entry(NamedTuple):
    """A change in the history of an alert."""

    sequence: int
    change: Change
    recorded_at: int
    mark: Mark


def keep(connection: sa.Connection, revisions: Iterable[Revision]) -> None:
    """Store values that are newer than the stored ones."""
    newest: dict[tuple[SeriesKey, Window], Revision] = {}
    for revision in revisions:
        place = (revision.key, revision.point.window)
        held = newest.get(place)
        if held is None or _rank(held) < _rank(revision):
            newest[place] = revision
    if not newest:
        return
    known = [{name: getattr(revision.key, name) for name in _SERIES} for revision in newest.values()]
    connection.execute(insert_into(connection, series_table).on_conflict_do_nothing(), known)
    insert = insert_into(connection, points)
    newer = sa.or_(
        insert.excluded.revision > points.c.revision,
        sa.and_(insert.excluded.revision == points.c.revision, insert.excluded.result_id > points.c.result_id),
    )
    kept = insert.on_conflict_do_update(
        index_elements=[column.name for column in points.primary_key],
        set_={name: insert.excluded[name] for name in ("revision", "result_id", "value", "reason", "rows")},
        where=newer,
    )
    connection.execute(kept, [_point_row(revision) for revision in newest.values()])


def points_of(connection: sa.Connection, key: SeriesKey) -> list[Point]:
    wanted = sa.select(points).where(*(points.c[name] == getattr(key, name) for name in _SERIES))
    return [point_of(row) for row in connection.execute(wanted)]


def point_of(row: Any) -> Point:
    return Point(Window(row.window_start, row.window_end), row.revision, row.value, row.rows, row.reason)


def series_of(connection: sa.Connection, rule: Rule) -> list[SeriesKey]:
    """The series that a rule judges."""
    model_id = model_key(rule.model.namespace, rule.model.name).id
    s = series_table.c
    wanted = sa.select(s.version).where(s.model_id == model_id, s.source == rule.source, s.metric == rule.metric)
    found = connection.execute(wanted.order_by(s.version)).scalars()
    return [SeriesKey(model_id, rule.source, rule.metric, version) for version in found]


def judged_between(connection: sa.Connection, low: int, high: int) -> list[SeriesKey]:
    """Series that some rule judges, with a window that ends in (low, high]."""
    columns = [points.c[name] for name in _SERIES]
    judged = sa.and_(*(points.c[name] == rules.c[name] for name in ("model_id", "source", "metric")))
    wanted = sa.select(*columns).join(rules, judged).distinct()
    rows = connection.execute(wanted.where(points.c.window_end > low, points.c.window_end <= high))
    return [SeriesKey(*row) for row in rows]


def closed(connection: sa.Connection) -> int:
    """The moment up to which windows were judged as closed; NEVER before the first judgement."""
    found: int | None = connection.execute(sa.select(closing.c.until)).scalar()
    return NEVER if found is None else found


def close(connection: sa.Connection, until: int) -> None:
    insert = insert_into(connection, closing).values(id=1, until=until)
    connection.execute(insert.on_conflict_do_update(index_elements=["id"], set_={"until": insert.excluded.until}))


def add_models(connection: sa.Connection, refs: Iterable[ModelRef]) -> None:
    """Add models that sent an event or have a result."""
    rows = [{"id": model_key(ref.namespace, ref.name).id, "namespace": ref.namespace, "name": ref.name} for ref in refs]
    if rows:
        connection.execute(insert_into(connection, models).on_conflict_do_nothing(), rows)


def add_rule(connection: sa.Connection, rule: Rule, *, created_at: int) -> bool:
    """False when the model has a rule of this name already."""
    row = msgspec.structs.asdict(rule)
    model: ModelRef = row.pop("model")
    key = model_key(model.namespace, model.name)
    row |= {"model_id": key.id, "model_namespace": model.namespace, "model_name": model.name, "created_at": created_at}
    added = insert_into(connection, rules).values(row).on_conflict_do_nothing()
    return connection.execute(added).rowcount == 1


def drop_rule(connection: sa.Connection, rule_id: str) -> None:
    """The rule and its alerts."""
    of_rule = sa.select(alerts.c.id).where(alerts.c.rule_id == rule_id)
    connection.execute(changes.delete().where(changes.c.alert_id.in_(of_rule)))
    connection.execute(alerts.delete().where(alerts.c.rule_id == rule_id))
    connection.execute(rules.delete().where(rules.c.id == rule_id))


def rule(connection: sa.Connection, rule_id: str) -> Rule | None:
    row = connection.execute(sa.select(rules).where(rules.c.id == rule_id)).first()
    return None if row is None else rule_of(row)


def rules_for(connection: sa.Connection, model_ids: Iterable[str]) -> list[tuple[str, Rule]]:
    """Rules of these models, with the model's id."""
    wanted = sa.select(rules).where(rules.c.model_id.in_(set(model_ids)))
    return [(row.model_id, rule_of(row)) for row in connection.execute(wanted.order_by(rules.c.id))]


def alerts_with_rules() -> sa.Select[Any]:
    """Each alert with its rule, whose columns begin with `rule_`."""
    named = [column.label(f"rule_{column.name}") for column in rules.columns if column.name != "id"]
    return sa.select(alerts, *named).join(rules, rules.c.id == alerts.c.rule_id)


def alerts_of(connection: sa.Connection, rule_id: str) -> list[Alert]:
    return [alert_of(row) for row in connection.execute(alerts_with_rules().where(alerts.c.rule_id == rule_id))]


def alert(connection: sa.Connection, alert_id: str) -> Alert | None:
    row = connection.execute(alerts_with_rules().where(alerts.c.id == alert_id)).first()
    return None if row is None else alert_of(row)


def save_alert(connection: sa.Connection, alert: Alert) -> None:
    row = {
        "id": alert.id,
        "rule_id": alert.rule.id,
        "version": alert.version,
        "state": alert.state,
        "value": alert.value,
        "rows": alert.rows,
        "since": alert.since,
        "window_start": alert.window.start,
        "window_end": alert.window.end,
    }
    insert = insert_into(connection, alerts).values(row)
    changed = {name: insert.excluded[name] for name in row if name not in ("id", "rule_id", "version")}
    connection.execute(insert.on_conflict_do_update(index_elements=["id"], set_=changed))


def held_changes(connection: sa.Connection, alert_id: str) -> list[Entry]:
    """The changes of an alert that still hold, oldest first."""
    wanted = sa.select(changes).where(changes.c.alert_id == alert_id, changes.c.mark == "holds")
    return [entry_of(row) for row in connection.execute(wanted.order_by(changes.c.sequence))]


def entry_of(row: Any) -> Entry:
    change = Change(row.state, Window(row.window_start, row.window_end), row.revision, row.value, row.rows)
    return Entry(row.sequence, change, row.recorded_at, row.mark)


def add_changes(
    connection: sa.Connection, alert_id: str, new: Sequence[Change], *, recorded_at: int, mark: Mark = "holds"
) -> None:
    """Add to the history of an alert."""
    rows = [
        {
            "alert_id": alert_id,
            "state": change.state,
            "window_start": change.window.start,
            "window_end": change.window.end,
            "revision": change.revision,
            "value": change.value,
            "rows": change.rows,
            "recorded_at": recorded_at,
            "mark": mark,
        }
        for change in new
    ]
    if rows:
        connection.execute(changes.insert(), rows)


def take_back(connection: sa.Connection, sequences: Sequence[int]) -> None:
    """Mark changes that later revisions contradict."""
    if sequences:
        connection.execute(changes.update().where(changes.c.sequence.in_(sequences)).values(mark="taken_back"))


def firing(connection: sa.Connection) -> dict[str, int]:
    """How many alerts fire, by severity."""
    counted = sa.select(rules.c.severity, sa.func.count()).join(alerts, alerts.c.rule_id == rules.c.id)
    rows = connection.execute(counted.where(alerts.c.state == "firing").group_by(rules.c.severity))
    return {row[0]: row[1] for row in rows}


def put_out(connection: sa.Connection, row: OutboxRow) -> None:
    connection.execute(outbox.insert().values(id=row.id, topic=row.topic, key=row.key or b"", value=row.value))


def audit(connection: sa.Connection, event: AuditEvent) -> None:
    """Send an audit event, if this transaction commits."""
    put_out(connection, OutboxRow(event.id, AUDIT_EVENTS, event.actor.encode(), msgspec.json.encode(event)))


def pending(connection: sa.Connection, limit: int) -> list[OutboxRow]:
    wanted = sa.select(outbox).order_by(outbox.c.sequence).limit(limit)
    return [OutboxRow(row.id, row.topic, row.key, row.value) for row in connection.execute(wanted)]


def forget_sent(connection: sa.Connection, ids: Sequence[str]) -> None:
    connection.execute(outbox.delete().where(outbox.c.id.in_(ids)))


def notify(connection: sa.Connection, alert_id: str, channel: str, body: bytes, *, now: int) -> None:
    """Queue a notification for a channel; it supersedes those still waiting for the same alert."""
    n = notifications.c
    old = sa.and_(n.alert_id == alert_id, n.channel == channel, n.status == "waiting")
    connection.execute(notifications.update().where(old).values(status="superseded", done_at=now))
    row = {"alert_id": alert_id, "channel": channel, "body": body, "status": "waiting", "attempts": 0, "due_at": now}
    connection.execute(notifications.insert().values(row))


class QueuedNotification(NamedTuple):
    """`attempts`: number of failed attempts. `body`: an AlertEvent."""

    sequence: int
    body: bytes
    attempts: int


def due(connection: sa.Connection, channel: str, *, now: int, limit: int) -> list[QueuedNotification]:
    """The notifications that a channel must send now, oldest first."""
    n = notifications.c
    wanted = sa.select(notifications).where(n.channel == channel, n.status == "waiting", n.due_at <= now)
    rows = connection.execute(wanted.order_by(n.sequence).limit(limit))
    return [QueuedNotification(row.sequence, row.body, row.attempts) for row in rows]


def settle(connection: sa.Connection, sequence: int, **values: Any) -> None:
    connection.execute(notifications.update().where(notifications.c.sequence == sequence).values(**values))


def _rank(revision: Revision) -> tuple[int, str]:
    return revision.point.revision, revision.result_id


def _point_row(revision: Revision) -> dict[str, Any]:
    key, point, result_id = revision
    return {
        **key._asdict(),
        "window_start": point.window.start,
        "window_end": point.window.end,
        "revision": point.revision,
        "result_id": result_id,
        "value": point.value,
        "reason": point.reason,
        "rows": point.rows,
    }


def rule_of(row: Any, prefix: str = "") -> Rule:
    plain = ("name", "metric", "source", "comparison", "threshold", "severity", "for_windows", "min_rows")
    model = ModelRef(getattr(row, prefix + "model_namespace"), getattr(row, prefix + "model_name"))
    rule_id = row.rule_id if prefix else row.id
    return Rule(id=rule_id, model=model, **{name: getattr(row, prefix + name) for name in plain})


def alert_of(row: Any) -> Alert:
    window = Window(row.window_start, row.window_end)
    return Alert(row.id, rule_of(row, "rule_"), row.version, row.state, row.value, row.rows, row.since, window)
