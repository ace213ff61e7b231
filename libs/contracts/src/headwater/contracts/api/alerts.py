"""Responses about alerts and rules."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from headwater.contracts.cursors import CursorText
from headwater.contracts.metrics import Source

Limit = Annotated[int, Meta(ge=1, le=200, description="maximum number of items")]
ModelId = Annotated[str, Meta(min_length=1, max_length=64, description="the model's id")]
MIN_ROWS = 30

Unjudged = Literal["open", "due", "few_rows", "undefined"]
"""Why a window is not judged: it is still open; it has closed and will be judged within seconds; its value is based on
fewer rows than the rule requires; it has no value."""


class RuleWindow(msgspec.Struct, kw_only=True):
    """One window of one version as a rule sees it. `unjudged` is null when the rule judges it.

    `closes_at`: when it counts as closed, some time after its end. `rows`: how many rows the value is based on: those
    with a label; of a reported metric, the n that came with it. `reason`: why there is no value.
    """

    window_start: str
    window_end: str
    closes_at: str
    value: float | None
    reason: str | None
    rows: int
    unjudged: Unjudged | None


class RuleVersion(msgspec.Struct, kw_only=True):
    """The state of a rule for one version. `judged`: the newest window that it judged, null when there is none.

    `waiting`: the newest closed window and the newest window, where they are newer than that and not judged.
    """

    version: str
    judged: RuleWindow | None
    waiting: list[RuleWindow]


class Rule(msgspec.Struct, kw_only=True):
    """A static threshold on one metric of one model. `for_windows`: consecutive breaching windows before it fires.

    `source`: whether it judges computed or reported values. `min_rows`: a window whose value is based on fewer rows is
    not judged. `watched`: the versions with the newest windows; `more_versions`: how many others have results.
    """

    id: str
    name: str
    model_id: str
    model_namespace: str
    model_name: str
    metric: str
    source: str = "computed"
    comparison: str
    threshold: float
    severity: str = "warning"
    for_windows: int = 1
    min_rows: int = MIN_ROWS
    enabled: bool = True
    watched: list[RuleVersion] = []
    more_versions: int = 0


class NewRule(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A rule to create. The model must have sent an event before; the metric must be one that is computed, or has been
    reported for the model where `source` is reported."""

    name: str
    model_namespace: str
    model_name: str
    metric: str
    source: Source = "computed"
    comparison: str
    threshold: float
    severity: str = "warning"
    for_windows: int = 1
    min_rows: int = MIN_ROWS


class RulePage(msgspec.Struct, kw_only=True):
    items: list[Rule]
    next_cursor: str | None = None


class AlertChange(msgspec.Struct, kw_only=True):
    """A state change of an alert. `at`: end of the window that decided it; `recorded_at`: when alerting recorded it.

    `mark`: `holds`; `taken_back` when a later revision of its windows contradicts it; `correction` where such a
    revision resolved the alert."""

    state: str
    at: str
    recorded_at: str
    value: float | None
    rows: int
    revision: int
    window_start: str
    window_end: str
    mark: Literal["holds", "taken_back", "correction"] = "holds"


class Alert(msgspec.Struct, kw_only=True):
    """The current state of one rule for one model version, with its newest changes, newest first.

    `changes`: their total number. `waiting`: newer windows that are not judged, and why."""

    id: str
    rule_id: str
    rule_name: str
    model_id: str
    model_namespace: str
    model_name: str
    version: str
    metric: str
    source: str = "computed"
    comparison: str
    threshold: float
    severity: str
    min_rows: int = MIN_ROWS
    state: str
    value: float | None
    rows: int = 0
    since: str
    window_start: str
    window_end: str
    history: list[AlertChange] = []
    changes: int = 0
    waiting: list[RuleWindow] = []


class AlertPage(msgspec.Struct, kw_only=True):
    items: list[Alert]
    next_cursor: str | None = None


class AlertHistory(msgspec.Struct, kw_only=True):
    """Changes of one alert, newest first."""

    items: list[AlertChange]
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


class HistoryQuery(msgspec.Struct, kw_only=True):
    """Filters for changes."""

    limit: Limit = 50
    cursor: CursorText | None = None
