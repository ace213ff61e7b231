"""Responses about the audit trail."""

from typing import Annotated

import msgspec
from msgspec import Meta

from headwater.contracts.cursors import CursorText

Text = Annotated[str, Meta(max_length=200)]
Moment = Annotated[str, Meta(max_length=64, description="RFC 3339")]


class AuditEntry(msgspec.Struct, kw_only=True):
    """One record of the trail. `digest` also covers the digest of the record before (`previous`); `seq` has no gaps."""

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


class AuditFilter(msgspec.Struct, kw_only=True):
    """Filters for records: by exact actor, action, object or outcome, and at moments in [from, to)."""

    actor: Text | None = None
    action: Text | None = None
    object: Text | None = None
    outcome: Text | None = None
    from_: Moment | None = msgspec.field(name="from", default=None)
    to: Moment | None = None
    limit: Annotated[int, Meta(ge=1, le=1000, description="maximum number of items")] = 100
    cursor: CursorText | None = None
