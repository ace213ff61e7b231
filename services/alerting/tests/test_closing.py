"""The periodic task, as the scheduler runs it."""

import re
from collections.abc import Callable

import sqlalchemy as sa

from headwater.alerting.service import SERVICE
from headwater.alerting.settings import Settings
from headwater.runtime.clock import Clock
from headwater.runtime.hosting.periodic import MemoryLedger, Scheduler
from headwater.runtime.stop import StopSignal
from headwater.runtime.telemetry.series import Telemetry
from tests.hosting import hosted

from .results import DAY, Feed, low_accuracy, result


def scheduled(engine: sa.Engine, clock: Callable[[], int]) -> tuple[Scheduler, Telemetry]:
    parts = hosted(SERVICE, Settings(window_grace_seconds=60), engine=engine, clock=clock)
    metrics = parts.get(Telemetry)
    tasks = [task for task in SERVICE.periodic if task.name == "judge_closed_windows"]
    scheduler = Scheduler(tasks, parts, MemoryLedger(), metrics, stop=parts.get(StopSignal), clock=parts.get(Clock))
    return scheduler, metrics


def test_closed_windows_are_evaluated_and_counted(engine: sa.Engine) -> None:
    feed = Feed(engine, now=DAY)
    feed.add(low_accuracy(1))
    feed.take(result(0, 0.1))
    now = [DAY]
    scheduler, metrics = scheduled(engine, lambda: now[0])
    assert scheduler.run_due() == 1
    assert feed.alerts() == []
    now[0] += 9_000_000
    assert scheduler.run_due() == 0
    now[0] += 51_000_000
    assert scheduler.run_due() == 1
    assert [alert.state for alert in feed.alerts()] == ["firing"]
    rendered = metrics.render()
    assert b'headwater_alerts_firing{service="alerting",severity="critical"} 1.0' in rendered
    assert b'headwater_periodic_runs_total{result="ok",service="alerting",task="judge_closed_windows"} 2.0' in rendered


def test_an_unreachable_database_postpones_it(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE closing"))
    scheduler, metrics = scheduled(engine, lambda: DAY)
    assert scheduler.run_due() == 1
    failed = re.search(rb'periodic_runs_total\{result="failed".*\} (.*)', metrics.render())
    assert failed is None or float(failed[1]) == 0
