"""A service hosted from its declaration: needs checked, health derived, workers run."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from headwater.runtime.clock import Clock
from headwater.runtime.hosting.heartbeat import Heartbeats
from headwater.runtime.hosting.host import SCHEDULER, RunningWorkers, compose, make_workers, web_app
from headwater.runtime.hosting.parts import MissingPart, Parts
from headwater.runtime.hosting.periodic import Scheduler
from headwater.runtime.hosting.service import Needs, Service, Work, every
from headwater.runtime.settings import ServiceSettings
from headwater.runtime.stop import StopSignal
from headwater.runtime.storage.transactions import Database
from headwater.runtime.telemetry.health import Health
from headwater.runtime.telemetry.series import Telemetry
from headwater.runtime.web.routes import Routes


class Settings(ServiceSettings):
    greeting: str = "hello"


class Greeter:
    def __init__(self, word: str) -> None:
        self.word = word


class Looping:
    """A worker that waits for the end."""

    def __init__(self, stop: StopSignal, fails: bool = False) -> None:
        self._stop, self._fails = stop, fails

    def run(self) -> None:
        if self._fails:
            raise RuntimeError("no luck")
        self._stop.wait()


routes = Routes()


@routes.get("/greet", public="a test", answer=str)
def greet(greeter: Greeter) -> str:
    """A greeting."""
    return greeter.word


def example(**declared: object) -> Service:
    return Service(
        name="example",
        about="An example.",
        settings=Settings,
        compose=lambda parts: parts.add(Greeter, Greeter(parts.get(Settings).greeting)),
        routes=[routes],
        **declared,  # type: ignore[arg-type]
    )


@pytest.fixture
def parts() -> Parts:
    found = Parts()
    found.add(Settings, Settings(greeting="good day"))
    found.add(Telemetry, Telemetry("example"))
    found.add(StopSignal, StopSignal())
    found.add(Health, Health())
    found.add(Clock, lambda: 1_700_000_000_000_000)
    found.add(Heartbeats, Heartbeats())
    return found


def test_a_need_that_nobody_bound_is_named(parts: Parts) -> None:
    tables = Database(name="example", head="0001", migrations=Path("nowhere"), pragmas=())
    with pytest.raises(MissingPart, match="example needs bus, database"):
        compose(example(needs=Needs(bus=True, database=tables)), parts)


def test_a_service_that_checks_credentials_answers_nobody_without_a_verifier(parts: Parts) -> None:
    service = example(needs=Needs(identity=True))
    with pytest.raises(MissingPart, match="Verifier"):
        web_app(service, compose(service, parts))


def test_views_answer_from_the_parts_that_the_service_composed(parts: Parts) -> None:
    service = example()
    client = web_app(service, compose(service, parts)).test_client()
    assert client.get("/greet").get_json() == "good day"


def test_readiness_checks_every_need(parts: Parts) -> None:
    def away() -> None:
        raise ConnectionError("the broker does not answer")

    parts.add(dict, {}, check=("bus", away))
    service = example(needs=Needs(bus=True))
    answered = web_app(service, compose(service, parts)).test_client().get("/readyz")
    assert answered.status_code == 503
    assert answered.get_json()["dependencies"] == {"bus": {"ok": False, "message": "the broker does not answer"}}


def test_readiness_checks_the_heartbeat_of_each_worker(parts: Parts) -> None:
    now = [0.0]
    beats = Heartbeats(limit=10, monotonic=lambda: now[0])
    own = Parts()
    for kind in (Settings, Telemetry, StopSignal):
        own.add(kind, parts.get(kind))
    own.add(Heartbeats, beats)
    own.add(Health, Health())
    service = example(workers=[Work("loop", lambda parts: Looping(parts.get(StopSignal)))])
    client = web_app(service, compose(service, own)).test_client()
    beats.of("loop")
    now[0] = 11.0
    assert client.get("/readyz").get_json()["dependencies"]["workers"]["message"] == "loop has not moved for 11 s"


def test_an_application_without_workers_does_not_report_on_them(parts: Parts) -> None:
    own = Parts()
    for kind in (Settings, Telemetry, Health):
        own.add(kind, parts.get(kind))
    service = example(workers=[Work("loop", lambda parts: Looping(parts.get(StopSignal)))])
    answered = web_app(service, compose(service, own)).test_client().get("/readyz")
    assert answered.get_json()["dependencies"] == {}


def test_workers_and_the_scheduler_are_made_and_what_is_not_needed_is_left_out(parts: Parts) -> None:
    def trim(parts: Parts) -> None: ...

    service = example(
        workers=[Work("loop", lambda parts: Looping(parts.get(StopSignal))), Work("notifier", lambda parts: None)],
        periodic=[every(trim, hours=1)],
    )
    assert list(make_workers(service, compose(service, parts))) == ["loop", SCHEDULER]


def test_instances_of_a_service_with_a_database_share_the_turns_of_its_tasks(parts: Parts, tmp_path: Path) -> None:
    runs: list[int] = []

    def trim(parts: Parts) -> None:
        runs.append(len(runs))

    tables = Database(name="example", head="0001", migrations=Path("nowhere"), pragmas=())
    engine = tables.connect(f"sqlite:///{tmp_path / 'example.db'}")
    parts.add(sa.Engine, engine, check=("database", lambda: None))
    service = example(needs=Needs(database=tables), periodic=[every(trim, hours=1)])
    compose(service, parts)
    for _ in range(2):
        scheduler = make_workers(service, parts)[SCHEDULER]
        assert isinstance(scheduler, Scheduler)
        scheduler.run_due()
    assert runs == [0]
    engine.dispose()


def test_a_worker_that_fails_stops_the_others_and_is_named() -> None:
    stop = StopSignal()
    running = RunningWorkers(stop)
    running.start("example", {"sound": Looping(stop), "broken": Looping(stop, fails=True)}, Heartbeats())
    running.join(30)
    assert stop.is_set()
    assert running.failed == ["example broken"]
