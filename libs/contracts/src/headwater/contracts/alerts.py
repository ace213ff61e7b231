"""Events that alerting emits. Times are microseconds UTC."""

from typing import Literal

import msgspec

from headwater.contracts.metrics import Slice, Source, Window
from headwater.contracts.predictions import ModelRef

AlertState = Literal["pending", "firing", "resolved"]
Comparison = Literal["below", "above"]
Severity = Literal["info", "warning", "critical"]


class AlertEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A rule changed state for one model version. `id` is deterministic.

    `at`: end of the window that decided it. `emitted_at`: when alerting emitted it; of two events about one rule and
    version the one emitted later applies, because a revised window may reverse an earlier decision.
    `rows`: how many rows the value is based on."""

    id: str
    rule_id: str
    rule_name: str
    model: ModelRef
    version: str
    metric: str
    source: Source = "computed"
    slice: Slice | None = None
    state: AlertState
    severity: Severity
    comparison: Comparison
    threshold: float
    value: float | None
    rows: int = 0
    window: Window
    at: int
    emitted_at: int = 0
