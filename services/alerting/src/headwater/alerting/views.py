"""Alerts and their rules over HTTP."""

import math
import uuid
from typing import Any, cast, get_args

import sqlalchemy as sa

from headwater.alerting import database, store
from headwater.alerting.app import GROUP, Firing
from headwater.alerting.judging import Judge
from headwater.alerting.rules import Rule
from headwater.alerting.store import SeriesKey
from headwater.contracts.alerts import Comparison, Severity
from headwater.contracts.api import alerts as api
from headwater.contracts.audit import AuditEvent
from headwater.contracts.cursors import CursorOf, RowId, Whole
from headwater.contracts.identity import Visible
from headwater.contracts.keys import model_key
from headwater.contracts.predictions import ModelRef
from headwater.contracts.problems import Problems
from headwater.contracts.times import format_instant
from headwater.runtime.auditing import act
from headwater.runtime.clock import Clock
from headwater.runtime.principal import Principal
from headwater.runtime.problem import Problem
from headwater.runtime.routes import Routes
from headwater.runtime.web import request_id

ALERTS = CursorOf("alerts", tuple[Whole, RowId])
RULES = CursorOf("rules", tuple[Whole, RowId])
NAME_LIMIT = 200
LONGEST_SERIES = 1000


routes = Routes(tag="alerts")


@routes.get("/api/v1/alerts", permission="alerts:read", query=api.AlertsQuery, answer=api.AlertPage)
def alerts(query: api.AlertsQuery, principal: Principal, engine: sa.Engine) -> api.AlertPage:
    """Alerts with their history, newest change first."""
    with database.reading(engine) as connection:
        found = store.alert_page(
            connection,
            principal.visible,
            model=query.model,
            state=query.state,
            after=ALERTS.read(query.cursor, query.model, query.state),
            limit=query.limit + 1,
        )
    shown = found[: query.limit]
    more = None
    if len(found) > query.limit:
        more = ALERTS.write((shown[-1].since, shown[-1].id), query.model, query.state)
    return api.AlertPage(items=[_alert(alert) for alert in shown], next_cursor=more)


@routes.get("/api/v1/alerts/rules", permission="alerts:read", query=api.RulesQuery, answer=api.RulePage)
def rules(query: api.RulesQuery, principal: Principal, engine: sa.Engine) -> api.RulePage:
    """Rules, oldest first; those of one model are its thresholds."""
    with database.reading(engine) as connection:
        after = RULES.read(query.cursor, query.model)
        found = store.rule_page(connection, principal.visible, model=query.model, after=after, limit=query.limit + 1)
    shown = found[: query.limit]
    more = RULES.write((shown[-1][0], shown[-1][1].id), query.model) if len(found) > query.limit else None
    return api.RulePage(items=[_rule(rule) for _, rule in shown], next_cursor=more)


@routes.get("/api/v1/alerts/rules/<rule_id>", permission="alerts:read", answer=api.Rule)
def rule(rule_id: str, principal: Principal, engine: sa.Engine) -> api.Rule:
    """One rule."""
    with database.reading(engine) as connection:
        return _rule(_visible_rule(connection, rule_id, principal.visible))


@routes.post("/api/v1/alerts/rules", permission="alerts:write", body=api.NewRule, answer=api.Rule, status=201)
def add_rule(
    body: api.NewRule, principal: Principal, engine: sa.Engine, judge: Judge, firing: Firing, clock: Clock
) -> api.Rule:
    """A new rule, judged at once on what is known of its model."""
    made = _made(body)
    if not principal.visible.allows(made.model.namespace):
        raise Problem(Problems.FORBIDDEN, f"This needs alerts:write on the namespace {made.model.namespace!r}.")
    model_id = model_key(made.model.namespace, made.model.name).id
    with database.writing(engine) as connection:
        if not store.add_rule(connection, made, created_at=clock()):
            raise Problem(Problems.CONFLICT, f"The model has a rule named {made.name!r} already.")
        for version in store.versions(connection, model_id, made.metric):
            judge.judge(connection, made, SeriesKey(model_id, made.metric, version), now=clock())
        store.audit(connection, _act("alert_rule.create", made, principal, at=clock()))
    firing.show()
    return _rule(made)


@routes.delete("/api/v1/alerts/rules/<rule_id>", permission="alerts:write")
def drop_rule(
    rule_id: str, principal: Principal, engine: sa.Engine, judge: Judge, firing: Firing, clock: Clock
) -> None:
    """Drops a rule with its alerts; what it had set off is resolved."""
    with database.writing(engine) as connection:
        dropped = _visible_rule(connection, rule_id, principal.visible)
        judge.end(connection, dropped, now=clock())
        store.audit(connection, _act("alert_rule.delete", dropped, principal, at=clock()))
    firing.show()


def _visible_rule(connection: sa.Connection, rule_id: str, visible: Visible) -> Rule:
    found = store.rule(connection, rule_id)
    if found is None or not visible.allows(found.model.namespace):
        raise Problem(Problems.NOT_FOUND, "There is no such rule.")
    return found


def _act(action: str, rule: Rule, principal: Principal, *, at: int) -> AuditEvent:
    """What is done to a rule, with all that the rule says: after its deletion the trail alone knows."""
    detail = {
        "name": rule.name,
        "model": f"{rule.model.namespace}/{rule.model.name}",
        "condition": f"{rule.metric} {rule.comparison} {rule.threshold:g}, {rule.for_windows} windows",
        "severity": rule.severity,
    }
    thing = f"alert-rule:{rule.id}"
    return act(GROUP, action, thing, principal=principal, request_id=request_id(), at=at, detail=detail)


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
