"""The queries behind pages of rules and alerts, in few statements; the rules themselves are elsewhere."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from headwater.alerting.rules import Point, Rule, silent
from headwater.alerting.store import Alert, Entry, alert_of, alerts_with_rules, entry_of, point_of, rule_of
from headwater.alerting.tables import alerts, changes, points, rules, series
from headwater.contracts.identity import Visible, extent


class Watched(NamedTuple):
    """The windows that describe a rule's state for one version: the newest, the newest closed, the newest judged."""

    version: str
    newest: Point
    newest_closed: Point | None
    judged: Point | None


class History(NamedTuple):
    """The newest changes of an alert, newest first, and their total number."""

    entries: list[Entry]
    total: int


def rule_page(
    connection: sa.Connection, visible: Visible, *, model: str | None, after: Sequence[Any] | None, limit: int
) -> list[tuple[int, Rule]]:
    """Rules that a principal may see, oldest first, with the time of their creation."""
    wanted = sa.select(rules).where(seen(rules.c.model_namespace, visible))
    if model is not None:
        wanted = wanted.where(rules.c.model_id == model)
    if after is not None:
        wanted = wanted.where(sa.tuple_(rules.c.created_at, rules.c.id) > sa.tuple_(*map(sa.literal, after)))
    wanted = wanted.order_by(rules.c.created_at, rules.c.id).limit(limit)
    return [(row.created_at, rule_of(row)) for row in connection.execute(wanted)]


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
    wanted = alerts_with_rules().where(seen(rules.c.model_namespace, visible))
    if model is not None:
        wanted = wanted.where(rules.c.model_id == model)
    if state is not None:
        wanted = wanted.where(alerts.c.state == state)
    if after is not None:
        wanted = wanted.where(sa.tuple_(alerts.c.since, alerts.c.id) < sa.tuple_(*map(sa.literal, after)))
    wanted = wanted.order_by(alerts.c.since.desc(), alerts.c.id.desc()).limit(limit)
    return [alert_of(row) for row in connection.execute(wanted)]


def history_page(connection: sa.Connection, alert_id: str, *, before: int | None, limit: int) -> list[Entry]:
    """Changes of one alert, newest first."""
    wanted = sa.select(changes).where(changes.c.alert_id == alert_id)
    if before is not None:
        wanted = wanted.where(changes.c.sequence < before)
    return [entry_of(row) for row in connection.execute(wanted.order_by(changes.c.sequence.desc()).limit(limit))]


def histories(connection: sa.Connection, alert_ids: Iterable[str], *, limit: int) -> dict[str, History]:
    """The newest changes of some alerts."""
    c = changes.c
    place = sa.func.row_number().over(order_by=c.sequence.desc(), partition_by=c.alert_id).label("place")
    total = sa.func.count().over(partition_by=c.alert_id).label("total")
    numbered = sa.select(changes, place, total).where(c.alert_id.in_(list(alert_ids))).subquery()
    wanted = sa.select(numbered).where(numbered.c.place <= limit).order_by(numbered.c.sequence.desc())
    found: dict[str, History] = {}
    for row in connection.execute(wanted):
        found.setdefault(row.alert_id, History([], row.total)).entries.append(entry_of(row))
    return found


def watched(connection: sa.Connection, listed: Iterable[Rule], *, closed: int) -> dict[str, list[Watched]]:
    """By the id of a rule: its versions, those with the newest windows first."""
    by_id = {rule.id: rule for rule in listed}
    ends = _telling_ends(list(by_id), closed)
    at = [points.c[name] == ends.c[name] for name in ("model_id", "source", "metric", "version")]
    telling = points.c.window_end.in_([ends.c.newest, ends.c.newest_closed, ends.c.judged])
    wanted = sa.select(points, ends.c.rule_id, ends.c.newest_closed, ends.c.judged).join(ends, sa.and_(*at, telling))
    found: dict[str, dict[str, Watched]] = {}
    # Of several windows with the same end, the one that begins last is shown.
    for row in connection.execute(wanted.order_by(points.c.window_end.desc(), points.c.window_start.desc())):
        point, end = point_of(row), row.window_end
        versions = found.setdefault(row.rule_id, {})
        known = versions.setdefault(row.version, Watched(row.version, point, None, None))
        if end == row.newest_closed and known.newest_closed is None:
            known = known._replace(newest_closed=point)
        if end == row.judged and known.judged is None and silent(by_id[row.rule_id], point, closed=closed) is None:
            known = known._replace(judged=point)
        versions[row.version] = known
    return {rule: list(versions.values()) for rule, versions in found.items()}


def _telling_ends(rule_ids: Sequence[str], closed: int) -> sa.Subquery:
    """The ends of the windows in `Watched`, for each rule and version."""
    r, s = rules.c, series.c
    inner = points.alias("inner_points")
    own = [inner.c[name] == s[name] for name in ("model_id", "source", "metric", "version")]
    newest = sa.select(sa.func.max(inner.c.window_end)).where(*own)
    newest_closed = newest.where(inner.c.window_end <= closed)
    judged = newest_closed.where(inner.c.value.is_not(None), inner.c.rows >= r.min_rows)
    return (
        sa.select(
            r.id.label("rule_id"),
            *(s[name] for name in ("model_id", "source", "metric", "version")),
            newest.correlate(series, rules).scalar_subquery().label("newest"),
            newest_closed.correlate(series, rules).scalar_subquery().label("newest_closed"),
            judged.correlate(series, rules).scalar_subquery().label("judged"),
        )
        .join(series, sa.and_(s.model_id == r.model_id, s.source == r.source, s.metric == r.metric))
        .where(r.id.in_(rule_ids))
        .subquery()
    )


def seen(namespace: sa.ColumnElement[str], visible: Visible) -> sa.ColumnElement[bool]:
    """Compared by substr: LIKE ignores case on SQLite."""
    if visible.everything:
        return sa.true()
    exact, beginnings = extent(visible.prefixes)
    return sa.or_(namespace.in_(exact), *(sa.func.substr(namespace, 1, len(b)) == b for b in beginnings))
