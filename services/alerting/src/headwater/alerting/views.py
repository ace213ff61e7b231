"""Alerts and their rules over HTTP."""

import math
import uuid
from collections.abc import Callable
from typing import Any, cast, get_args

import flask
import sqlalchemy as sa

from headwater.alerting import database, store
from headwater.alerting.judging import Judge
from headwater.alerting.rules import Rule
from headwater.alerting.store import SeriesKey
from headwater.bus.errors import DiskFull, Transient
from headwater.contracts.alerts import Comparison, Severity
from headwater.contracts.api import alerts as api
from headwater.contracts.cursors import CursorOf, RowId, Whole
from headwater.contracts.identity import Visible
from headwater.contracts.keys import model_key
from headwater.contracts.predictions import ModelRef
from headwater.contracts.problems import Problems
from headwater.contracts.times import format_instant
from headwater.runtime.problem import Problem
from headwater.runtime.web import answer, body, current_principal, documented, permission, query

ALERTS = CursorOf("alerts", tuple[Whole, RowId])
RULES = CursorOf("rules", tuple[Whole, RowId])
NAME_LIMIT = 200
LONGEST_SERIES = 1000


def alerts_blueprint(
    engine: sa.Engine, judge: Judge, *, clock: Callable[[], int], judged: Callable[[], None]
) -> flask.Blueprint:
    """Questions and rules. `judged` runs after rules were judged anew."""
    bp = flask.Blueprint("alerts", __name__, url_prefix="/api/v1/alerts")

    @bp.get("")
    @permission("alerts:read")
    @documented(query=api.AlertsQuery, answer={200: api.AlertPage}, tag="alerts")
    def alerts() -> flask.Response:
        """Alerts with their history, newest change first."""
        asked = query(api.AlertsQuery)
        with _database(), database.reading(engine) as connection:
            found = store.alert_page(
                connection,
                current_principal().visible,
                model=asked.model,
                state=asked.state,
                after=ALERTS.read(asked.cursor, asked.model, asked.state),
                limit=asked.limit + 1,
            )
        shown = found[: asked.limit]
        more = None
        if len(found) > asked.limit:
            more = ALERTS.write((shown[-1].since, shown[-1].id), asked.model, asked.state)
        return answer(api.AlertPage(items=[_alert(alert) for alert in shown], next_cursor=more))

    @bp.get("/rules")
    @permission("alerts:read")
    @documented(query=api.RulesQuery, answer={200: api.RulePage}, tag="alerts")
    def rules() -> flask.Response:
        """Rules, oldest first; those of one model are its thresholds."""
        asked = query(api.RulesQuery)
        with _database(), database.reading(engine) as connection:
            after = RULES.read(asked.cursor, asked.model)
            found = store.rule_page(
                connection, current_principal().visible, model=asked.model, after=after, limit=asked.limit + 1
            )
        shown = found[: asked.limit]
        more = RULES.write((shown[-1][0], shown[-1][1].id), asked.model) if len(found) > asked.limit else None
        return answer(api.RulePage(items=[_rule(rule) for _, rule in shown], next_cursor=more))

    @bp.get("/rules/<rule_id>")
    @permission("alerts:read")
    @documented(answer={200: api.Rule}, tag="alerts")
    def rule(rule_id: str) -> flask.Response:
        """One rule."""
        with _database(), database.reading(engine) as connection:
            return answer(_rule(_visible_rule(connection, rule_id, current_principal().visible)))

    @bp.post("/rules")
    @permission("alerts:write")
    @documented(body=api.NewRule, answer={201: api.Rule}, tag="alerts")
    def add_rule() -> flask.Response:
        """A new rule, judged at once on what is known of its model."""
        made = _made(body(api.NewRule))
        if not current_principal().visible.allows(made.model.namespace):
            raise Problem(Problems.FORBIDDEN, f"This needs alerts:write on the namespace {made.model.namespace!r}.")
        model_id = model_key(made.model.namespace, made.model.name).id
        with _database(), database.writing(engine) as connection:
            if not store.add_rule(connection, made, created_at=clock()):
                raise Problem(Problems.CONFLICT, f"The model has a rule named {made.name!r} already.")
            for version in store.versions(connection, model_id, made.metric):
                judge.judge(connection, made, SeriesKey(model_id, made.metric, version), now=clock())
        judged()
        return answer(_rule(made), 201)

    @bp.delete("/rules/<rule_id>")
    @permission("alerts:write")
    @documented(answer={204: None}, tag="alerts")
    def drop_rule(rule_id: str) -> flask.Response:
        """Drops a rule with its alerts; what it had set off is resolved."""
        with _database(), database.writing(engine) as connection:
            judge.end(connection, _visible_rule(connection, rule_id, current_principal().visible), now=clock())
        judged()
        return flask.Response(status=204)

    return bp


class _database:  # noqa: N801  # reads as a clause
    """A database that is away is 503, not a fault of ours."""

    def __enter__(self) -> None: ...

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, Transient) and not isinstance(error, DiskFull):
            raise Problem(Problems.UNAVAILABLE, "The database of alerting does not answer.") from error


def _visible_rule(connection: sa.Connection, rule_id: str, visible: Visible) -> Rule:
    found = store.rule(connection, rule_id)
    if found is None or not visible.allows(found.model.namespace):
        raise Problem(Problems.NOT_FOUND, "There is no such rule.")
    return found


def _made(asked: api.NewRule) -> Rule:
    """The rule as asked for. Raises 422 with every field at fault."""
    wrong = [{"field": field, "message": message} for field, message in _faults(asked)]
    if wrong:
        raise Problem(Problems.INVALID, f"{wrong[0]['field']}: {wrong[0]['message']}", errors=cast(list[Any], wrong))
    return Rule(
        id=uuid.uuid4().hex,
        name=asked.name.strip(),
        model=ModelRef(asked.model_namespace, asked.model_name),
        metric=asked.metric,
        comparison=cast(Comparison, asked.comparison),
        threshold=asked.threshold,
        severity=cast(Severity, asked.severity),
        for_windows=asked.for_windows,
    )


def _faults(asked: api.NewRule) -> list[tuple[str, str]]:
    faults: list[tuple[str, str]] = []
    for field in ("name", "model_namespace", "model_name", "metric"):
        text = getattr(asked, field)
        if not text.strip() or "\0" in text or len(text) > NAME_LIMIT * (1 if field == "name" else 5):
            faults.append((field, "give a name without NUL, neither empty nor endless"))
    for field, choices in (("comparison", get_args(Comparison)), ("severity", get_args(Severity))):
        if getattr(asked, field) not in choices:
            faults.append((field, f"use one of {', '.join(choices)}"))
    if not math.isfinite(asked.threshold):
        faults.append(("threshold", "give a finite number"))
    if not 1 <= asked.for_windows <= LONGEST_SERIES:
        faults.append(("for_windows", f"give a number from 1 to {LONGEST_SERIES}"))
    return faults


def _rule(rule: Rule) -> api.Rule:
    return api.Rule(
        id=rule.id,
        name=rule.name,
        model_id=model_key(rule.model.namespace, rule.model.name).id,
        model_namespace=rule.model.namespace,
        model_name=rule.model.name,
        metric=rule.metric,
        comparison=rule.comparison,
        threshold=rule.threshold,
        severity=rule.severity,
        for_windows=rule.for_windows,
    )


def _alert(alert: store.Alert) -> api.Alert:
    rule = alert.rule
    history = [
        api.AlertChange(
            state=change.state,
            at=format_instant(change.at),
            value=change.value,
            window_start=format_instant(change.window.start),
            window_end=format_instant(change.window.end),
        )
        for change in reversed(alert.changes)
    ]
    return api.Alert(
        id=alert.id,
        rule_id=rule.id,
        rule_name=rule.name,
        model_id=model_key(rule.model.namespace, rule.model.name).id,
        model_namespace=rule.model.namespace,
        model_name=rule.model.name,
        version=alert.version,
        metric=rule.metric,
        comparison=rule.comparison,
        threshold=rule.threshold,
        severity=rule.severity,
        state=alert.state,
        value=alert.value,
        since=format_instant(alert.since),
        window_start=format_instant(alert.window.start),
        window_end=format_instant(alert.window.end),
        history=history,
    )
