"""Answers about alerts and rules."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from headwater.contracts.cursors import CursorText

Limit = Annotated[int, Meta(ge=1, le=200, description="how many at most")]
ModelId = Annotated[str, Meta(min_length=1, max_length=64, description="the model's id")]


class Rule(msgspec.Struct, kw_only=True):
    """A static threshold on one metric of one model. `for_windows`: consecutive breaching windows before it fires."""

    id: str
    name: str
    model_id: str
    model_namespace: str
    model_name: str
    metric: str
    comparison: str
    threshold: float
    severity: str = "warning"
    for_windows: int = 1
    enabled: bool = True


class NewRule(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    name: str
    model_namespace: str
    model_name: str
    metric: str
    comparison: str
    threshold: float
    severity: str = "warning"
    for_windows: int = 1


class RulePage(msgspec.Struct, kw_only=True):
    items: list[Rule]
    next_cursor: str | None = None


class AlertChange(msgspec.Struct, kw_only=True):
    state: str
    at: str
    value: float | None
    window_start: str
    window_end: str


class Alert(msgspec.Struct, kw_only=True):
    """The present state of one rule for one model version, with its history, newest first."""

    id: str
    rule_id: str
    rule_name: str
    model_id: str
    model_namespace: str
    model_name: str
    version: str
    metric: str
    comparison: str
    threshold: float
    severity: str
    state: str
    value: float | None
    since: str
    window_start: str
    window_end: str
    history: list[AlertChange] = []


class AlertPage(msgspec.Struct, kw_only=True):
    items: list[Alert]
    next_cursor: str | None = None


class AlertsQuery(msgspec.Struct, kw_only=True):
    """All, or those of one model."""

    model: ModelId | None = None
    state: Literal["pending", "firing", "resolved"] | None = None
    limit: Limit = 50
    cursor: CursorText | None = None


class RulesQuery(msgspec.Struct, kw_only=True):
    """All, or those of one model."""

    model: ModelId | None = None
    limit: Limit = 50
    cursor: CursorText | None = None
