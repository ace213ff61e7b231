"""Periodic tasks: when they are due, one instance at a time, failures reported."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from headwater.runtime.hosting.parts import Parts
from headwater.runtime.hosting.periodic import ASK_AGAIN_SECONDS, LastRun, Ledger, MemoryLedger, Scheduler
from headwater.runtime.hosting.periodic_table import DatabaseLedger
from headwater.runtime.hosting.service import Periodic, every
from headwater.runtime.stop import StopSignal
from headwater.runtime.storage import database
from headwater.runtime.telemetry.series import Telemetry

HOUR = 3_600_000_000
START = 1_700_000_000_000_000


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def metrics() -> Telemetry:
    return Telemetry("example")


@pytest.fixture(params=["memory", "database"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    if request.param == "memory":
        yield MemoryLedger()
        return
    engine = sqlite(tmp_path)
    yield DatabaseLedger(engine)
    engine.dispose()


def sqlite(directory: Path) -> sa.Engine:
    return database.connect(f"sqlite:///{directory / 'example.db'}", schema="example", pragmas=())


@pytest.fixture
def scheduler(ledger: Ledger, metrics: Telemetry, clock: Clock) -> Callable[..., Scheduler]:
    def make(*tasks: Periodic) -> Scheduler:
        return Scheduler(tasks, Parts(), ledger, metrics, stop=StopSignal(), clock=clock)

    return make


def test_a_task_runs_at_once_and_then_when_it_is_due(scheduler: Callable[..., Scheduler], clock: Clock) -> None:
    runs: list[int] = []
    daily = scheduler(Periodic("trim", 86_400, lambda parts: runs.append(clock.now)))
    assert [daily.run_due(), daily.run_due()] == [1, 0]
    clock.now += 24 * HOUR - 1
    assert daily.run_due() == 0
    clock.now += 1
    assert daily.run_due() == 1
    assert runs == [START, START + 24 * HOUR]


def test_two_instances_never_run_the_same_turn(
    ledger: Ledger, scheduler: Callable[..., Scheduler], clock: Clock
) -> None:
    runs: list[str] = []
    first = scheduler(Periodic("trim", 60, lambda parts: runs.append("first")))
    second = scheduler(Periodic("trim", 60, lambda parts: runs.append("second")))
    first.run_due()
    second.run_due()
    clock.now += 60_000_000
    second.run_due()
    first.run_due()
    assert runs == ["first", "second"]


def test_the_last_run_and_its_result_are_kept_and_counted(
    ledger: Ledger, scheduler: Callable[..., Scheduler], metrics: Telemetry
) -> None:
    scheduler(Periodic("trim", 60, lambda parts: 17)).run_due()
    assert ledger.runs() == [LastRun("trim", START, START, "ok", "17")]
    rendered = metrics.render().decode()
    assert 'headwater_periodic_runs_total{result="ok",service="example",task="trim"} 1.0' in rendered
    assert 'headwater_periodic_last_run_timestamp_seconds{service="example",task="trim"} 1.7e+09' in rendered


def test_a_task_that_fails_is_kept_as_failed_and_the_others_run(
    ledger: Ledger, scheduler: Callable[..., Scheduler], clock: Clock
) -> None:
    runs: list[str] = []

    def broken(parts: Parts) -> None:
        raise OSError("no space left")

    both = scheduler(Periodic("broken", 60, broken), Periodic("sound", 60, lambda parts: runs.append("sound")))
    both.run_due()
    assert runs == ["sound"]
    assert {run.task: (run.result, run.detail) for run in ledger.runs()} == {
        "broken": ("failed", "no space left"),
        "sound": ("ok", ""),
    }
    clock.now += 60_000_000
    assert both.run_due() == 2


def test_a_ledger_in_a_database_survives_a_restart(tmp_path: Path) -> None:
    first = sqlite(tmp_path)
    assert DatabaseLedger(first).begin("trim", now=START, due_before=START - HOUR)
    first.dispose()
    second = sqlite(tmp_path)
    assert not DatabaseLedger(second).begin("trim", now=START + 1, due_before=START + 1 - HOUR)
    second.dispose()


def test_a_task_is_named_after_its_function() -> None:
    def _expire_history(parts: Parts) -> None: ...

    assert every(_expire_history, hours=24, minutes=1) == Periodic("expire_history", 86_460, _expire_history)
    with pytest.raises(ValueError, match="needs an interval"):
        every(_expire_history)


def test_a_ledger_that_fails_delays_tasks_and_ends_nothing(
    ledger: Ledger, scheduler: Callable[..., Scheduler], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs: list[int] = []
    hourly = scheduler(Periodic("trim", 3_600, lambda parts: runs.append(clock.now)))

    def away(*_: object, **__: object) -> bool:
        raise OSError("the database does not answer")

    with monkeypatch.context() as outage:
        outage.setattr(ledger, "begin", away)
        assert hourly.run_due() == 0
    assert (hourly.run_due(), runs) == (0, [])  # not asked every second
    clock.now += ASK_AGAIN_SECONDS * 1_000_000
    assert (hourly.run_due(), runs) == (1, [clock.now])


def test_a_task_of_an_instance_that_ended_is_taken_over(
    ledger: Ledger, scheduler: Callable[..., Scheduler], clock: Clock
) -> None:
    runs: list[str] = []
    scheduler(Periodic("trim", 60, lambda parts: runs.append("first"))).run_due()
    clock.now += 30_000_000
    second = scheduler(Periodic("trim", 60, lambda parts: runs.append("second")))
    while len(runs) < 2:
        second.run_due()
        clock.now += 1_000_000
    assert runs == ["first", "second"]
    assert clock.now - START <= (60 + ASK_AGAIN_SECONDS + 1) * 1_000_000


def test_reading_the_last_runs_changes_nothing(tmp_path: Path) -> None:
    engine = sqlite(tmp_path)
    assert DatabaseLedger(engine).runs() == []
    assert sa.inspect(engine).get_table_names() == []
    engine.dispose()
