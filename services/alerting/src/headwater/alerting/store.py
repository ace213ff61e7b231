"""Rows in and out; nothing is decided here."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from headwater.alerting.rules import Change, Point, Rule
from headwater.alerting.tables import alerts, notifications, offsets, outbox, points, rules
from headwater.bus.outbox import OutboxRow
from headwater.bus.port import TopicPartition
from headwater.contracts.alerts import AlertState
from headwater.contracts.audit import AuditEvent
from headwater.contracts.identity import Visible, extent
from headwater.contracts.keys import model_key
from headwater.contracts.metrics import Window
from headwater.contracts.predictions import ModelRef
from headwater.contracts.topics import AUDIT_EVENTS

_changes = msgspec.json.Decoder(tuple[Change, ...]).decode


class SeriesKey(NamedTuple):
    """What a rule judges together: one metric of one version."""

    model_id: str
    metric: str
    version: str


class Revision(NamedTuple):
    """One value as it came: equal revisions are ordered by the id of their message, so that any order ends alike."""

    key: SeriesKey
    point: Point
    result_id: str


class Alert(NamedTuple):
    """An alert with the rule behind it."""

    id: str
    rule: Rule
    version: str
    state: AlertState
    value: float | None
    since: int
    window: Window
    changes: tuple[Change, ...]


def positions(connection: sa.Connection) -> dict[TopicPartition, int]:
    rows = connection.execute(sa.select(offsets.c.topic, offsets.c.partition, offsets.c.next))
    return {TopicPartition(topic, partition): at for topic, partition, at in rows}


def advance(connection: sa.Connection, reached: Mapping[TopicPartition, int]) -> None:
    """Move the offsets on; an old member that lost its partition cannot move them back."""
    if reached:
        insert = _insert(connection, offsets)
        moved = insert.on_conflict_do_update(
            index_elements=["topic", "partition"],
            set_={"next": insert.excluded.next},
            where=insert.excluded.next > offsets.c.next,
        )
        connection.execute(
            moved, [{"topic": s.topic, "partition": s.partition, "next": at} for s, at in reached.items()]
        )


def keep(connection: sa.Connection, revisions: Iterable[Revision]) -> None:
    """Store what is newer than what is there."""
    newest: dict[tuple[SeriesKey, Window], Revision] = {}
    for revision in revisions:
        place = (revision.key, revision.point.window)
        held = newest.get(place)
        if held is None or _rank(held) < _rank(revision):
            newest[place] = revision
    if not newest:
        return
    insert = _insert(connection, points)
    newer = sa.or_(
        insert.excluded.revision > points.c.revision,
        sa.and_(insert.excluded.revision == points.c.revision, insert.excluded.result_id > points.c.result_id),
    )
    kept = insert.on_conflict_do_update(
        index_elements=[column.name for column in points.primary_key],
        set_={name: insert.excluded[name] for name in ("revision", "result_id", "value")},
        where=newer,
    )
    connection.execute(kept, [_point_row(revision) for revision in newest.values()])


def points_of(connection: sa.Connection, key: SeriesKey) -> list[Point]:
    wanted = sa.select(points).where(
        points.c.model_id == key.model_id, points.c.metric == key.metric, points.c.version == key.version
    )
    return [Point(Window(r.window_start, r.window_end), r.revision, r.value) for r in connection.execute(wanted)]


def versions(connection: sa.Connection, model_id: str, metric: str) -> list[str]:
    """Versions of a model that have any point of a metric."""
    wanted = sa.select(points.c.version).distinct().where(points.c.model_id == model_id, points.c.metric == metric)
    return list(connection.execute(wanted.order_by(points.c.version)).scalars())


def add_rule(connection: sa.Connection, rule: Rule, *, created_at: int) -> bool:
    """False when the model has a rule of this name already."""
    row = msgspec.structs.asdict(rule)
    model: ModelRef = row.pop("model")
    key = model_key(model.namespace, model.name)
    row |= {"model_id": key.id, "model_namespace": model.namespace, "model_name": model.name, "created_at": created_at}
    added = _insert(connection, rules).values(row).on_conflict_do_nothing()
    return connection.execute(added).rowcount == 1


def drop_rule(connection: sa.Connection, rule_id: str) -> None:
    """The rule and its alerts."""
    connection.execute(alerts.delete().where(alerts.c.rule_id == rule_id))
    connection.execute(rules.delete().where(rules.c.id == rule_id))


def rule(connection: sa.Connection, rule_id: str) -> Rule | None:
    row = connection.execute(sa.select(rules).where(rules.c.id == rule_id)).first()
    return None if row is None else _rule(row)


def rules_for(connection: sa.Connection, model_ids: Iterable[str]) -> list[tuple[str, Rule]]:
    """Rules of these models, with the model's id."""
    wanted = sa.select(rules).where(rules.c.model_id.in_(set(model_ids)))
    return [(row.model_id, _rule(row)) for row in connection.execute(wanted.order_by(rules.c.id))]


def rule_page(
    connection: sa.Connection, visible: Visible, *, model: str | None, after: Sequence[Any] | None, limit: int
) -> list[tuple[int, Rule]]:
    """Rules that a principal may see, oldest first, with the time of their creation."""
    wanted = sa.select(rules).where(_seen(visible))
    if model is not None:
        wanted = wanted.where(rules.c.model_id == model)
    if after is not None:
        wanted = wanted.where(sa.tuple_(rules.c.created_at, rules.c.id) > sa.tuple_(*map(sa.literal, after)))
    wanted = wanted.order_by(rules.c.created_at, rules.c.id).limit(limit)
    return [(row.created_at, _rule(row)) for row in connection.execute(wanted)]


def alert_page(
    connection: sa.Connection,
    visible: Visible,
    *,
    model: str | None,
    state: str | None,
    after: Sequence[Any] | None,
    limit: int,
) -> list[Alert]:
    """Alerts that a principal may see, newest change first."""
    wanted = _alerts().where(_seen(visible))
    if model is not None:
        wanted = wanted.where(rules.c.model_id == model)
    if state is not None:
        wanted = wanted.where(alerts.c.state == state)
    if after is not None:
        wanted = wanted.where(sa.tuple_(alerts.c.since, alerts.c.id) < sa.tuple_(*map(sa.literal, after)))
    wanted = wanted.order_by(alerts.c.since.desc(), alerts.c.id.desc()).limit(limit)
    return [_alert(row) for row in connection.execute(wanted)]


def alerts_of(connection: sa.Connection, rule_id: str) -> list[Alert]:
    return [_alert(row) for row in connection.execute(_alerts().where(alerts.c.rule_id == rule_id))]


def state_of(connection: sa.Connection, alert_id: str) -> AlertState | None:
    found: AlertState | None = connection.execute(sa.select(alerts.c.state).where(alerts.c.id == alert_id)).scalar()
    return found


def save_alert(connection: sa.Connection, alert: Alert) -> None:
    row = {
        "id": alert.id,
        "rule_id": alert.rule.id,
        "version": alert.version,
        "state": alert.state,
        "value": alert.value,
        "since": alert.since,
        "window_start": alert.window.start,
        "window_end": alert.window.end,
        "changes": msgspec.json.encode(alert.changes),
    }
    insert = _insert(connection, alerts).values(row)
    changed = {name: insert.excluded[name] for name in row if name not in ("id", "rule_id", "version")}
    connection.execute(insert.on_conflict_do_update(index_elements=["id"], set_=changed))


def drop_alert(connection: sa.Connection, alert_id: str) -> None:
    connection.execute(alerts.delete().where(alerts.c.id == alert_id))


def firing(connection: sa.Connection) -> dict[str, int]:
    """How many alerts fire, by severity."""
    counted = sa.select(rules.c.severity, sa.func.count()).join(alerts, alerts.c.rule_id == rules.c.id)
    rows = connection.execute(counted.where(alerts.c.state == "firing").group_by(rules.c.severity))
    return {row[0]: row[1] for row in rows}


def put_out(connection: sa.Connection, row: OutboxRow) -> None:
    connection.execute(outbox.insert().values(id=row.id, topic=row.topic, key=row.key or b"", value=row.value))


def audit(connection: sa.Connection, event: AuditEvent) -> None:
    """Send an act to the audit trail, if this transaction commits."""
    put_out(connection, OutboxRow(event.id, AUDIT_EVENTS, event.actor.encode(), msgspec.json.encode(event)))


def pending(connection: sa.Connection, limit: int) -> list[OutboxRow]:
    wanted = sa.select(outbox).order_by(outbox.c.sequence).limit(limit)
    return [OutboxRow(row.id, row.topic, row.key, row.value) for row in connection.execute(wanted)]


def forget_sent(connection: sa.Connection, ids: Sequence[str]) -> None:
    connection.execute(outbox.delete().where(outbox.c.id.in_(ids)))


def notify(connection: sa.Connection, alert_id: str, body: bytes, *, now: int) -> None:
    """Queue a notification; what still waits for the same alert is out of date."""
    old = sa.and_(notifications.c.alert_id == alert_id, notifications.c.status == "waiting")
    connection.execute(notifications.update().where(old).values(status="superseded", done_at=now))
    connection.execute(
        notifications.insert().values(alert_id=alert_id, body=body, status="waiting", attempts=0, due_at=now)
    )


class Notification(NamedTuple):
    sequence: int
    body: bytes
    attempts: int


def due(connection: sa.Connection, *, now: int, limit: int) -> list[Notification]:
    wanted = sa.select(notifications).where(notifications.c.status == "waiting", notifications.c.due_at <= now)
    rows = connection.execute(wanted.order_by(notifications.c.sequence).limit(limit))
    return [Notification(row.sequence, row.body, row.attempts) for row in rows]


def settle(connection: sa.Connection, sequence: int, **values: Any) -> None:
    connection.execute(notifications.update().where(notifications.c.sequence == sequence).values(**values))


def _insert(connection: sa.Connection, table: sa.Table) -> Any:
    """The dialects' own insert, which both spell ON CONFLICT alike."""
    return postgresql_insert(table) if connection.dialect.name == "postgresql" else sqlite_insert(table)


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
    }


def _seen(visible: Visible) -> sa.ColumnElement[bool]:
    """Compared by substr: LIKE ignores case on SQLite."""
    if visible.everything:
        return sa.true()
    namespace = rules.c.model_namespace
    exact, beginnings = extent(visible.prefixes)
    return sa.or_(namespace.in_(exact), *(sa.func.substr(namespace, 1, len(b)) == b for b in beginnings))


def _alerts() -> sa.Select[Any]:
    named = [column.label(f"rule_{column.name}") for column in rules.columns if column.name != "id"]
    return sa.select(alerts, *named).join(rules, rules.c.id == alerts.c.rule_id)


def _rule(row: Any, prefix: str = "") -> Rule:
    read = {name: getattr(row, prefix + name) for name in ("name", "metric", "comparison", "threshold", "severity")}
    model = ModelRef(getattr(row, prefix + "model_namespace"), getattr(row, prefix + "model_name"))
    rule_id = row.rule_id if prefix else row.id
    return Rule(id=rule_id, model=model, for_windows=getattr(row, prefix + "for_windows"), **read)


def _alert(row: Any) -> Alert:
    window = Window(row.window_start, row.window_end)
    rule = _rule(row, "rule_")
    return Alert(row.id, rule, row.version, row.state, row.value, row.since, window, _changes(row.changes))
