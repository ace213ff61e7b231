"""Events of the live stream: each `data:` line of an event is one of these, as JSON.

Event names: `ready` (sent first; all that follows is live), `reset` (signals were missed: read again),
`graph`, `metric`, `alert`, and `expired` (the token is no longer valid: reconnect with a new one).
Signals are hints to read again, and never reveal more than the principal may see.
"""

import msgspec


class GraphSignal(msgspec.Struct, kw_only=True):
    """Nodes changed. `ids` is null when they are too many to name, or not all within the principal's grants."""

    change: int
    ids: list[str] | None = None


class MetricSignal(msgspec.Struct, kw_only=True):
    """A window of one model version has a new revision."""

    model_id: str
    version_id: str
    version: str
    metrics: list[str]
    window_start: str
    window_end: str


class AlertSignal(msgspec.Struct, kw_only=True):
    """A rule changed its state for one model version."""

    rule_id: str
    model_id: str
    version_id: str
    version: str
    metric: str
    state: str
    severity: str
    at: str
