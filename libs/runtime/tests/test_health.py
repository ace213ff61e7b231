import threading

from headwater.runtime.telemetry.health import Health
from tests.patience import LONG, eventually


class Ticks:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_without_dependencies_it_is_ready() -> None:
    assert Health().ready() == (True, {"status": "ready", "dependencies": {}})


def test_what_is_down_is_named_with_its_reason_and_notes_are_shown() -> None:
    health = Health()

    def down() -> None:
        raise OSError("no route")

    health.add("graph", down)
    health.add("bus", lambda: None)
    health.add("identity", lambda: "a note")
    ready, told = health.ready()
    assert not ready
    assert told["dependencies"] == {
        "graph": {"ok": False, "message": "no route"},
        "bus": {"ok": True},
        "identity": {"ok": True, "message": "a note"},
    }


def test_dependencies_are_checked_once_a_second() -> None:
    ticks, asked = Ticks(), []
    health = Health(monotonic=ticks)
    health.add("bus", lambda: asked.append(1))
    health.ready()
    health.ready()
    assert len(asked) == 1
    ticks.now = 1.0
    health.ready()
    assert len(asked) == 2


def test_a_check_that_hangs_is_down_after_the_deadline_and_is_not_started_twice() -> None:
    ticks, release, started = Ticks(), threading.Event(), []

    def hangs() -> None:
        started.append(1)
        release.wait(LONG)

    health = Health(monotonic=ticks, deadline=0.05)
    health.add("graph", hangs)
    for _ in range(3):
        ready, told = health.ready()
        assert not ready
        assert "no answer" in told["dependencies"]["graph"]["message"]
        ticks.now += 1.0
    assert started == [1]
    release.set()


def test_a_quick_check_does_not_wait_for_silent_servers() -> None:
    release = threading.Event()
    health = Health(deadline=0.0)

    def down() -> None:
        raise OSError("no route")

    health.add("bus", lambda: None)
    health.add("graph", down)
    health.add("hangs", lambda: release.wait(LONG))
    found = health.glance()
    assert (found["graph"], found["hangs"]) == (False, False)
    eventually(lambda: health.glance()["bus"])
    release.set()
    eventually(lambda: health.glance()["hangs"])


def test_a_check_that_is_slow_counts_by_its_last_outcome_until_its_deadline() -> None:
    first, release = [True], threading.Event()
    health = Health(deadline=LONG)

    def slow() -> None:
        if not first.pop():
            release.wait(LONG)

    health.add("graph", slow)
    assert health.glance() == {"graph": True}
    first.append(False)
    assert health.glance() == {"graph": True}
    release.set()
