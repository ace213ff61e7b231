"""Audit events of web applications: actions, and refusals."""

import secrets
import threading
from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol

from headwater.contracts.audit import AuditEvent
from headwater.contracts.identity import USER
from headwater.contracts.problems import Problems
from headwater.contracts.times import utc_now
from headwater.runtime.identity.principal import Principal
from headwater.runtime.logs.lines import get_logger
from headwater.runtime.web.hosts import SAFE_METHODS
from headwater.runtime.web.problem import Problem

EXPORTS = frozenset({"lineage:export"})
"""Permissions whose use is audited although nothing changes."""
AGAIN_MICROS = 60_000_000
"""An equal refusal is recorded once per interval; those in between are counted."""
_REMEMBERED = 10_000


def actor_of(principal: Principal) -> str:
    """The actor, as the audit trail refers to it."""
    return f"{USER}{principal.subject}" if principal.kind == "user" else principal.subject


def act(
    service: str,
    action: str,
    thing: str,
    *,
    principal: Principal,
    request_id: str,
    at: int,
    outcome: str = "done",
    detail: Mapping[str, str] | None = None,
) -> AuditEvent:
    """An action through `service`. The request id links it to the logs; the trail contains no addresses."""
    return AuditEvent(
        id=secrets.token_hex(16),
        at=at,
        actor=actor_of(principal),
        action=action,
        object=thing[:200],
        outcome=outcome,
        service=service,
        detail={**(detail or {}), "request": request_id},
    )


class AuditSink(Protocol):
    """Where a program sends its audit events."""

    def note(self, event: AuditEvent) -> None:
        """Never waits, and raises no errors of the bus or the store."""
        ...


class Refused(NamedTuple):
    """A request that was answered with a problem. `permission`: the one that its route needs."""

    method: str
    route: str
    path: str
    permission: str | None
    principal: Principal
    request_id: str


class Refusals:
    """Notes 403 on requests that would have changed something, and on exports.

    Requests without credentials are left out: they could flood the trail.
    note: called with the event; it must not wait when requests are answered on an event loop.
    """

    def __init__(self, service: str, note: Callable[[AuditEvent], None], *, clock: Callable[[], int] = utc_now) -> None:
        self._service, self._note, self._clock = service, note, clock
        self._lock = threading.Lock()
        self._seen: dict[tuple[str, str, str], _Seen] = {}

    def add(self, problem: Problem, refused: Refused) -> None:
        """Note it if it is to be audited. Never raises: the caller gets the refusal in any case."""
        acts = refused.method not in SAFE_METHODS or refused.permission in EXPORTS
        if not acts or problem.problem is not Problems.FORBIDDEN or problem.recorded:
            return
        if refused.principal.kind == "open":
            return
        try:
            event = self._event(problem, refused)
            if event is not None:
                self._note(event)
        except Exception as error:
            actor = actor_of(refused.principal)
            get_logger(self._service).exception(
                "refusal_not_recorded", actor=actor, route=refused.route, exc_info=error
            )

    def _event(self, problem: Problem, refused: Refused) -> AuditEvent | None:
        now = self._clock()
        action, thing = f"{refused.method} {refused.route}", refused.path[:200]
        skipped = self._skipped((actor_of(refused.principal), action, thing), now)
        if skipped is None:
            return None
        detail = {"reason": problem.detail[:500]} | ({"not recorded before": str(skipped)} if skipped else {})
        return act(
            self._service,
            action,
            thing,
            principal=refused.principal,
            request_id=refused.request_id,
            at=now,
            outcome="refused",
            detail=detail,
        )

    def _skipped(self, key: tuple[str, str, str], now: int) -> int | None:
        """How many equal ones were left out since the last record; None: leave this one out too."""
        with self._lock:
            seen = self._seen.get(key)
            if seen is not None and 0 <= now - seen.at < AGAIN_MICROS:
                self._seen[key] = _Seen(seen.at, seen.skipped + 1)
                return None
            if len(self._seen) >= _REMEMBERED:
                self._seen.clear()
            self._seen[key] = _Seen(now, 0)
            return 0 if seen is None else seen.skipped


class _Seen(NamedTuple):
    at: int
    skipped: int
