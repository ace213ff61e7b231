"""Alerts and their rules over HTTP."""

import math
import uuid
from collections.abc import Sequence
from typing import Any, cast, get_args

import sqlalchemy as sa

from headwater.alerting import database, knowledge, pages, store
from headwater.alerting.answers import Shown, change_answer
from headwater.alerting.app import GROUP, Firing
from headwater.alerting.judging import Judge
from headwater.alerting.rules import Rule
from headwater.contracts.alerts import Comparison, Severity
from headwater.contracts.api import alerts as api
from headwater.contracts.audit import AuditEvent
from headwater.contracts.cursors import CursorOf, RowId, Whole
from headwater.contracts.identity import Visible
from headwater.contracts.predictions import ModelRef
from headwater.contracts.problems import Problems
from headwater.runtime.clock import Clock
from headwater.runtime.hosting.auditing import act
from headwater.runtime.identity.principal import Principal
from headwater.runtime.web.application import request_id
from headwater.runtime.web.problem import Problem
from headwater.runtime.web.routes import Routes

ALERTS = CursorOf("alerts", tuple[Whole, RowId])
RULES = CursorOf("rules", tuple[Whole, RowId])
HISTORY = CursorOf("alert history", tuple[Whole])
CHANGES_SHOWN = 20
"""Number of changes per alert in a list of alerts."""
NAME_LIMIT = 200
LONGEST_SERIES = 1000
MOST_ROWS = 1_000_000_000


routes = Routes(tag="alerts")


@routes.get("/api/v1/alerts", permission="alerts:read", query=api.AlertsQuery, answer=api.AlertPage)
def alerts(
    query: api.AlertsQuery, principal: Principal, engine: sa.Engine, judge: Judge, clock: Clock
) -> api.AlertPage:
    """Alerts with their history, newest change first."""
    with database.reading(engine) as connection:
        found = pages.alert_page(
            connection,
            principal.visible,
            model=query.model,
            state=query.state,
            after=ALERTS.read(query.cursor, query.model, query.state),
            limit=query.limit + 1,
        )
        shown = found[: query.limit]
        items = Shown(connection, grace=judge.grace, now=clock()).alerts(shown, changes=CHANGES_SHOWN)
    more = None
    if len(found) > query.limit:
        more = ALERTS.write((shown[-1].since, shown[-1].id), query.model, query.state)
    return api.AlertPage(items=items, next_cursor=more)


@routes.get(
    "/api/v1/alerts/<alert_id>/history",
    permission="alerts:read",
    query=api.HistoryQuery,
    answer=api.AlertHistory,
    example={"path": {"alert_id": "{alert}"}},
)
def history(alert_id: str, query: api.HistoryQuery, principal: Principal, engine: sa.Engine) -> api.AlertHistory:
    """Every change of one alert, newest first; those that a later revision contradicts are marked."""
    after = HISTORY.read(query.cursor, alert_id)
    with database.reading(engine) as connection:
        alert = store.alert(connection, alert_id)
        if alert is None or not principal.visible.allows(alert.rule.model.namespace):
            raise Problem(Problems.NOT_FOUND, "There is no such alert.")
        before = None if after is None else after[0]
        found = pages.history_page(connection, alert_id, before=before, limit=query.limit + 1)
    items = found[: query.limit]
    more = HISTORY.write((items[-1].sequence,), alert_id) if len(found) > query.limit else None
    return api.AlertHistory(items=[change_answer(entry) for entry in items], next_cursor=more)


@routes.get("/api/v1/alerts/rules", permission="alerts:read", query=api.RulesQuery, answer=api.RulePage)
def rules(query: api.RulesQuery, principal: Principal, engine: sa.Engine, judge: Judge, clock: Clock) -> api.RulePage:
    """Rules, oldest first; those of one model are its thresholds."""
    with database.reading(engine) as connection:
        after = RULES.read(query.cursor, query.model)
        found = pages.rule_page(connection, principal.visible, model=query.model, after=after, limit=query.limit + 1)
        shown = found[: query.limit]
        items = Shown(connection, grace=judge.grace, now=clock()).rules([rule for _, rule in shown])
    more = RULES.write((shown[-1][0], shown[-1][1].id), query.model) if len(found) > query.limit else None
    return api.RulePage(items=items, next_cursor=more)


@routes.get(
    "/api/v1/alerts/rules/<rule_id>", permission="alerts:read", answer=api.Rule, example={"path": {"rule_id": "{rule}"}}
)
def rule(rule_id: str, principal: Principal, engine: sa.Engine, judge: Judge, clock: Clock) -> api.Rule:
    """One rule."""
    with database.reading(engine) as connection:
        found = _visible_rule(connection, rule_id, principal.visible)
        return Shown(connection, grace=judge.grace, now=clock()).rule(found)


@routes.post(
    "/api/v1/alerts/rules",
    permission="alerts:write",
    body=api.NewRule,
    answer=api.Rule,
    status=201,
    example={
        "body": {
            "name": "{new}",
            "model_namespace": "ml.sample",
            "model_name": "customer-churn",
            "metric": "f1",
            "comparison": "below",
            "threshold": 0.7,
            "severity": "warning",
        }
    },
)
def add_rule(
    body: api.NewRule, principal: Principal, engine: sa.Engine, judge: Judge, firing: Firing, clock: Clock
) -> api.Rule:
    """Create a rule; it is judged at once on the stored windows of its model."""
    made = _made(body)
    if not principal.visible.allows(made.model.namespace):
        raise Problem(Problems.FORBIDDEN, f"This needs alerts:write on the namespace {made.model.namespace!r}.")
    with database.writing(engine) as connection:
        _refuse(knowledge.faults(connection, made, visible=principal.visible))
        if not store.add_rule(connection, made, created_at=clock()):
            raise Problem(Problems.CONFLICT, f"The model has a rule named {made.name!r} already.")
        store.audit(connection, _act("alert_rule.create", made, principal, at=clock()))
        judge.begin(connection, made, now=clock())
        shown = Shown(connection, grace=judge.grace, now=clock()).rule(made)
    firing.show()
    return shown


@routes.delete("/api/v1/alerts/rules/<rule_id>", permission="alerts:write", example={"path": {"rule_id": "{rule}"}})
def drop_rule(
    rule_id: str, principal: Principal, engine: sa.Engine, judge: Judge, firing: Firing, clock: Clock
) -> None:
    """Delete a rule with its alerts; active ones are resolved."""
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
    """The audit event of a change of a rule, with the whole rule: after its deletion only the trail has it."""
    detail = {
        "name": rule.name,
        "model": f"{rule.model.namespace}/{rule.model.name}",
        "condition": f"{rule.metric} {rule.comparison} {rule.threshold:g}, {rule.for_windows} windows",
        "severity": rule.severity,
    }
    thing = f"alert-rule:{rule.id}"
    return act(GROUP, action, thing, principal=principal, request_id=request_id(), at=at, detail=detail)


def _made(asked: api.NewRule) -> Rule:
    """The requested rule. Raises 422 with every wrong field."""
    _refuse(_faults(asked))
    return Rule(
        id=uuid.uuid4().hex,
        name=asked.name.strip(),
        model=ModelRef(asked.model_namespace, asked.model_name),
        metric=asked.metric,
        source=asked.source,
        comparison=cast(Comparison, asked.comparison),
        threshold=asked.threshold,
        severity=cast(Severity, asked.severity),
        for_windows=asked.for_windows,
        min_rows=asked.min_rows,
    )


def _refuse(faults: Sequence[knowledge.Fault]) -> None:
    """Raises 422 with every wrong field; does nothing where there is none."""
    wrong = [{"field": field, "message": message} for field, message in faults]
    if wrong:
        raise Problem(Problems.INVALID, f"{wrong[0]['field']}: {wrong[0]['message']}", errors=cast(list[Any], wrong))


def _faults(asked: api.NewRule) -> list[knowledge.Fault]:
    faults: list[knowledge.Fault] = []
    for field in ("name", "model_namespace", "model_name", "metric"):
        text = getattr(asked, field)
        limit = NAME_LIMIT * (1 if field == "name" else 5)
        if not text.strip() or "\0" in text or len(text) > limit:
            faults.append((field, f"give a name of 1 to {limit} characters, not blank and without NUL"))
    for field, choices in (("comparison", get_args(Comparison)), ("severity", get_args(Severity))):
        if getattr(asked, field) not in choices:
            faults.append((field, f"use one of {', '.join(choices)}"))
    if not math.isfinite(asked.threshold):
        faults.append(("threshold", "give a finite number"))
    if not 1 <= asked.for_windows <= LONGEST_SERIES:
        faults.append(("for_windows", f"give a number from 1 to {LONGEST_SERIES}"))
    if not 0 <= asked.min_rows <= MOST_ROWS:
        faults.append(("min_rows", f"give a number from 0 to {MOST_ROWS}"))
    return faults
