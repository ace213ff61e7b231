"""Routes that the owner of a table answers: the gateway asks who it is, and passes the request on."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import flask

from headwater.contracts.api.alerts import (
    AlertHistory,
    AlertPage,
    AlertsQuery,
    HistoryQuery,
    NewRule,
    Rule,
    RulePage,
    RulesQuery,
)
from headwater.contracts.api.audit import AuditFilter, AuditPage
from headwater.contracts.api.auth import CreatedKey, KeyPage, LoginRequest, Me, NewKey, RegisterRequest, TokenAnswer
from headwater.runtime.forward import Upstreams
from headwater.runtime.routes import Routes
from headwater.runtime.web import current_principal

ALL_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
OWNER_CHECKS = "the parameters travel on, and the owner refuses what it does not know"
AUTH_DECIDES = "auth itself checks the credentials: nobody has a token before the log-in"


class Passed(NamedTuple):
    """One route that is passed on. `permission` None: its owner decides."""

    name: str
    methods: tuple[str, ...]
    path: str
    owner: str
    permission: str | None
    about: str
    body: Any = None
    answer: Mapping[int, Any] = {}
    query: Any = None


ROUTES = (
    Passed(
        "alerts",
        ("GET",),
        "/alerts",
        "alerting",
        "alerts:read",
        "Alerts, newest first.",
        None,
        {200: AlertPage},
        AlertsQuery,
    ),
    Passed(
        "rules", ("GET",), "/alerts/rules", "alerting", "alerts:read", "Alert rules.", None, {200: RulePage}, RulesQuery
    ),
    Passed("rule", ("GET",), "/alerts/rules/<rule>", "alerting", "alerts:read", "One rule.", None, {200: Rule}),
    Passed("add_rule", ("POST",), "/alerts/rules", "alerting", "alerts:write", "Makes a rule.", NewRule, {201: Rule}),
    Passed("change_rule", ("PATCH",), "/alerts/rules/<rule>", "alerting", "alerts:write", "Changes a rule."),
    Passed(
        "drop_rule", ("DELETE",), "/alerts/rules/<rule>", "alerting", "alerts:write", "Drops it.", None, {204: None}
    ),
    Passed(
        "alert_history",
        ("GET",),
        "/alerts/<alert>/history",
        "alerting",
        "alerts:read",
        "Every change of one alert, newest first.",
        None,
        {200: AlertHistory},
        HistoryQuery,
    ),
    Passed("read_alerting", ("GET",), "/alerts/<path:rest>", "alerting", "alerts:read", "Other questions to alerting."),
    Passed("tell_alerting", ALL_METHODS[1:], "/alerts/<path:rest>", "alerting", "alerts:write", "Other acts there."),
    Passed("login", ("POST",), "/auth/login", "auth", None, "Opens a session.", LoginRequest, {200: TokenAnswer}),
    Passed("register", ("POST",), "/auth/register", "auth", None, "Makes an account.", RegisterRequest),
    Passed("refresh", ("POST",), "/auth/refresh", "auth", None, "A new access token.", None, {200: TokenAnswer}),
    Passed("logout", ("POST",), "/auth/logout", "auth", None, "Ends the session.", None, {204: None}),
    Passed("me", ("GET",), "/auth/me", "auth", None, "Who is asking, and what they may do.", None, {200: Me}),
    Passed("accounts", ALL_METHODS, "/auth/<path:rest>", "auth", None, "Other questions to auth."),
    Passed("keys", ("GET",), "/keys", "auth", None, "API keys.", None, {200: KeyPage}),
    Passed("add_key", ("POST",), "/keys", "auth", None, "Makes an API key.", NewKey, {201: CreatedKey}),
    Passed("change_key", ALL_METHODS, "/keys/<path:rest>", "auth", None, "One API key: read, rotated, revoked."),
    Passed("users", ("GET", "POST"), "/users", "auth", None, "Accounts, listed and made."),
    Passed("change_user", ALL_METHODS, "/users/<path:rest>", "auth", None, "One account."),
    Passed(
        "audit",
        ("GET",),
        "/audit",
        "auth",
        "audit:read",
        "Who did what, newest first.",
        None,
        {200: AuditPage},
        AuditFilter,
    ),
    Passed("evaluate", ("POST",), "/evaluations", "metrics-engine", "evaluations:run", "Evaluates arrays."),
)


def _declared() -> Routes:
    """Every route of the table."""
    made = Routes()
    for passed in ROUTES:
        for method in passed.methods:
            made.route(
                method,
                f"/api/v1{passed.path}",
                permission=passed.permission,
                public="" if passed.permission else AUTH_DECIDES,
                query=passed.query,
                any_query="" if passed.query else OWNER_CHECKS,
                body=passed.body,
                raw=True,
                answers=passed.answer,
            )(_view(passed))
    return made


def _view(passed: Passed) -> Callable[..., flask.Response]:
    """A view that passes its request on."""

    def forward(upstreams: Upstreams, **in_path: str) -> flask.Response:
        principal = current_principal() if passed.permission else None
        return upstreams[passed.owner].forward(flask.request, principal)

    forward.__name__ = passed.name
    forward.__doc__ = passed.about
    return forward


routes = _declared()
