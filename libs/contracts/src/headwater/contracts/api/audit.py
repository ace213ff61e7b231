"""Answers about who did what."""

import msgspec


class AuditEntry(msgspec.Struct, kw_only=True):
    """One record of the trail. `digest` seals it to the record before (`previous`); `seq` counts without gaps."""

    seq: int
    id: str
    at: str
    actor: str
    action: str
    object: str
    outcome: str
    service: str
    detail: dict[str, str] = {}
    previous: str
    digest: str


class AuditPage(msgspec.Struct, kw_only=True):
    """Newest first."""

    items: list[AuditEntry]
    next_cursor: str | None = None
