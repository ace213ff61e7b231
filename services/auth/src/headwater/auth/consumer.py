"""The consumer of audit events, composed."""

import sqlalchemy as sa

from headwater.auth.handlers import AuditHandler
from headwater.auth.settings import Settings
from headwater.bus.loop import Loop
from headwater.bus.port import Record
from headwater.contracts.audit import AuditEvent
from headwater.contracts.topics import AUDIT_EVENTS
from headwater.runtime.hosting.consuming import consumer_loop
from headwater.runtime.hosting.parts import Parts

GROUP = "auth"
TOPICS = (AUDIT_EVENTS,)
TRAIL = "trail"


def create_consumer(parts: Parts) -> Loop[AuditEvent]:
    """Wire the loop: audit events of the other services in, rows of the audit trail out."""
    handler = AuditHandler(parts.get(sa.Engine))
    return consumer_loop(
        parts,
        handler,
        worker=TRAIL,
        group=GROUP,
        topics=TOPICS,
        settings=parts.get(Settings),
        request_of=request_of,
    )


def request_of(record: Record, event: AuditEvent | None) -> str:
    """The request through which the act was done, as the event itself says."""
    return "" if event is None else event.detail.get("request", "")
