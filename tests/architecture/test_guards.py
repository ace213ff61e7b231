"""Each guard detects its mistake, made in a copy of a real service, and names it.

Misspelt paths and permissions of the dashboard: `frontend/src/lib/api/request.test.ts`.
"""

from typing import NamedTuple

import pytest

from tests.architecture.scratch import Scratch

DECLARATIONS = "tests/architecture/test_declarations.py"
PAGES = "tests/architecture/test_documented.py::test_the_reference_pages_are_up_to_date"
ALERTING = "services/alerting/src/headwater/alerting"
ROUTE = '''

@routes.get("/api/v1/alerts/summary", permission="alerts:read", answer=api.AlertPage)
def summary() -> api.AlertPage:
    """What nobody can reach."""
    return api.AlertPage(items=[])
'''


class Mistake(NamedTuple):
    """Replace `old` by `new` in `file`; append if `old` is empty. `test` fails, and its output has all of `said`."""

    what: str
    file: str
    old: str
    new: str
    test: str
    said: tuple[str, ...]


MISTAKES = (
    Mistake(
        "a route that neither mode serves",
        f"{ALERTING}/views.py",
        "",
        ROUTE,
        DECLARATIONS,
        ("test_a_public_route_is_served_in_both_modes", f"{ALERTING}/views.py: GET /api/v1/alerts/summary"),
    ),
    Mistake(
        "a topic that nobody writes",
        f"{ALERTING}/service.py",
        "topics.ALERT_EVENTS, ",
        "",
        DECLARATIONS,
        ("test_a_topic_has_the_writers_and_readers", "libs/contracts/topics/alert.events.yaml"),
    ),
    Mistake(
        "a topic that nobody reads",
        f"{ALERTING}/service.py",
        "consumes=handlers.TOPICS",
        "consumes=handlers.TOPICS[:1]",
        DECLARATIONS,
        ("test_a_topic_has_the_writers_and_readers", "libs/contracts/topics/m"),
    ),
    Mistake(
        "a setting that nobody reads",
        "services/metrics-engine/src/headwater/metrics_engine/settings.py",
        "",
        '    idle_hours: Annotated[int, Meta(description="hours that nobody counts")] = 1\n',
        DECLARATIONS,
        ("test_every_setting_is_read", "services/metrics-engine/src/headwater/metrics_engine/settings.py: idle_hours"),
    ),
    Mistake(
        "a need whose adapter has no check",
        "libs/runtime/src/headwater/runtime/hosting/distributed.py",
        'check=("bus", bus.check), ',
        "",
        "libs/runtime/tests/test_distributed.py",
        ("test_a_server_is_asked_for_by_readiness", "headwater.runtime.hosting.distributed binds it without a check"),
    ),
    Mistake(
        "a series that nobody moves",
        "services/auth/src/headwater/auth/app.py",
        "metrics.inc(telemetry.LOGINS, result=outcome)",
        "None",
        DECLARATIONS,
        ("test_every_series_of_a_service_is_moved", "services/auth/src/headwater/auth/service.py: LOGINS"),
    ),
    Mistake(
        "rows of a namespace that no service forgets",
        f"{ALERTING}/service.py",
        "    forget=forget,\n",
        "",
        DECLARATIONS,
        (
            "test_a_service_that_keeps_rows_of_a_namespace_declares_how_it_forgets_them",
            "Extra items in the left set",
            "'alerting'",
        ),
    ),
    Mistake(
        "a generated file that is stale",
        f"{ALERTING}/views.py",
        "Alerts with their history, newest change first.",
        "Alerts, oldest first.",
        PAGES,
        ("openapi.json", "routes.md"),
    ),
    Mistake(
        "a permission that does not exist",
        f"{ALERTING}/views.py",
        '"/api/v1/alerts", permission="alerts:read"',
        '"/api/v1/alerts", permission="alert:read"',
        "services/alerting/tests/test_alert_views.py",
        (f"{ALERTING}/views.py", "'alert:read' is not a permission"),
    ),
)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.what)
def test_a_mistake_is_found_and_named(sources: Scratch, mistake: Mistake) -> None:
    file = sources.copy / mistake.file
    text = file.read_text()
    assert text.count(mistake.old) >= 1
    file.write_text(text.replace(mistake.old, mistake.new, 1) if mistake.old else text + mistake.new)
    code, output = sources.check(mistake.test)
    assert code in (1, 2, 4), output
    missing = [part for part in mistake.said if part not in output]
    assert missing == [], output
