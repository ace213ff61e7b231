"""Audit events: who did what, when, to which object, with what outcome."""

import msgspec


class AuditEvent(msgspec.Struct, frozen=True, kw_only=True):
    """`actor` and `object` are opaque references, never names or addresses of people. `at`: microseconds UTC."""

    id: str
    at: int
    actor: str
    action: str
    object: str
    outcome: str
    service: str
    detail: dict[str, str] = {}
