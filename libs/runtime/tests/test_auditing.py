"""Which refusals go into the audit trail, and their content."""

from typing import Any

import pytest

from headwater.contracts.audit import AuditEvent
from headwater.contracts.identity import ALL
from headwater.contracts.problems import Problems
from headwater.runtime.hosting.auditing import Refusals, Refused
from headwater.runtime.identity.principal import Principal
from headwater.runtime.web.problem import Problem

MINUTE = 60_000_000
FORBIDDEN = Problem(Problems.FORBIDDEN, "This needs the permission alerts:write.")


class Recorded(Problem):
    recorded = True


class Noted:
    """Refusals with what they recorded, and a clock moved by hand."""

    def __init__(self) -> None:
        self.events: list[AuditEvent] = []
        self.now = 1_790_000_000_000_000
        self._refusals = Refusals("alerting", self.events.append, clock=lambda: self.now)

    def refuse(
        self,
        problem: Problem = FORBIDDEN,
        *,
        method: str = "POST",
        path: str = "/api/v1/alerts/rules",
        permission: str = "alerts:write",
        kind: Any = "user",
    ) -> None:
        principal = Principal("u1", frozenset(), ALL, kind)
        self._refusals.add(problem, Refused(method, "/api/v1/alerts/rules", path, permission, principal, "request-1"))


@pytest.fixture
def noted() -> Noted:
    return Noted()


def test_a_refusal_names_who_what_why_and_the_request(noted: Noted) -> None:
    noted.refuse()
    (event,) = noted.events
    assert (event.actor, event.action, event.object, event.outcome, event.service, event.at) == (
        "user:u1",
        "POST /api/v1/alerts/rules",
        "/api/v1/alerts/rules",
        "refused",
        "alerting",
        noted.now,
    )
    assert event.detail == {"reason": "This needs the permission alerts:write.", "request": "request-1"}


def test_refusals_of_reads_are_left_out_and_those_of_exports_are_not(noted: Noted) -> None:
    noted.refuse(method="GET", permission="lineage:read")
    assert noted.events == []
    noted.refuse(method="GET", permission="lineage:export")
    assert len(noted.events) == 1


def test_other_problems_strangers_and_what_was_recorded_are_left_out(noted: Noted) -> None:
    noted.refuse(Problem(Problems.INVALID, "name: Give one."))
    noted.refuse(kind="open")
    noted.refuse(Recorded(Problems.FORBIDDEN, "No."))
    assert noted.events == []


def test_equal_refusals_are_recorded_once_a_minute_and_counted(noted: Noted) -> None:
    for _ in range(5):
        noted.refuse()
    noted.refuse(path="/api/v1/alerts/rules/2")
    assert len(noted.events) == 2
    noted.now += MINUTE
    noted.refuse()
    assert noted.events[-1].detail["not recorded before"] == "4"
    noted.now += MINUTE
    noted.refuse()
    assert "not recorded before" not in noted.events[-1].detail


def test_the_caller_is_answered_although_nothing_can_be_noted() -> None:
    tried: list[str] = []

    def broken(event: AuditEvent) -> None:
        tried.append(event.action)
        raise ConnectionError("the database does not answer")

    principal = Principal("u1", frozenset(), ALL)
    Refusals("alerting", broken).add(FORBIDDEN, Refused("POST", "/x", "/x", None, principal, "request-1"))
    assert tried == ["POST /x"]
