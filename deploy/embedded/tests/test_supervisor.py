"""What the supervisor does when a process ends, with real processes that end on request."""

import json
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from headwater.contracts.storage import Damaged
from headwater.embedded import supervisor
from headwater.embedded.data_dir import DataDir
from headwater.embedded.faults import EXIT_DAMAGED, EXIT_NO_ROOM, Faults
from headwater.embedded.start import StartOptions
from headwater.embedded.supervisor import MAX_RESTARTS, StartError, Supervisor
from tests.product import eventually

# Called as `python -m headwater.embedded NAME OPTIONS`: records its options, reports, and ends as the file NAME says.
CHILD = """#!{python}
import json, os, pathlib, signal, sys, time
name, options = sys.argv[3], json.loads(sys.argv[4])
here = pathlib.Path(options["data_dir"])
with (here / (name + ".starts")).open("a") as starts:
    starts.write(json.dumps(options) + "\\n")
end = json.loads((here / name).read_text()) if (here / name).exists() else dict()
report = dict(ready="error" not in end, error=end.get("error"))
os.write(options["report"], json.dumps(report).encode() + b"\\n")
if "error" not in end:
    while not (here / name).exists():
        time.sleep(0.01)
    end = json.loads((here / name).read_text())
if "signal" in end and options.get("mapped", True):
    os.kill(os.getpid(), end["signal"])
if "signal" in end:
    time.sleep(60)
sys.exit(end.get("code", 0))
"""


class Supervised:
    """A supervisor that watches on a thread; `said` is its output on the terminal."""

    def __init__(self, data: DataDir, floor: int = 0) -> None:
        self.data, self.said, self.code = data, [], None  # type: tuple[DataDir, list[str], int | None]
        options = StartOptions(data_dir=str(data.root), start="s", url="", public_url="", socket=0, disk_floor=floor)
        self.supervisor = Supervisor(options, say=self.said.append)
        self._thread = threading.Thread(target=self._watch)

    def start(self) -> "Supervised":
        self.supervisor.start()
        self._thread.start()
        return self

    def _watch(self) -> None:
        self.code = self.supervisor.watch()

    def stop(self) -> None:
        self.supervisor._stopping.set()
        if self._thread.is_alive():
            self._thread.join(30)
        self.supervisor.stop()

    def end(self, name: str, **how: object) -> None:
        """The process ends like this, and so does every later one of that name."""
        staged = self.data.root / f".{name}"
        staged.write_text(json.dumps(how))
        staged.rename(self.data.root / name)

    def live(self, name: str) -> None:
        """Later processes of that name do not end by themselves."""
        (self.data.root / name).unlink(missing_ok=True)

    def starts(self, name: str) -> list[dict[str, object]]:
        file = self.data.root / f"{name}.starts"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def says(self, words: str) -> Callable[[], bool]:
        return lambda: any(words in line for line in self.said)

    def alive(self, name: str) -> bool:
        child = next(child for child in self.supervisor._children if child.name == name)
        return child.process is not None and child.process.poll() is None


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Supervised]]:
    program = tmp_path / "child"
    program.write_text(CHILD.replace("{python}", sys.executable))
    program.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(program))
    monkeypatch.setattr(supervisor, "NO_ROOM_SECONDS", 0.05)
    monkeypatch.setattr(supervisor, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(supervisor, "WATCH_SECONDS", 0.02)
    data = DataDir(tmp_path / "data")
    data.prepare()
    made: list[Supervised] = []

    def making(**more: int) -> Supervised:
        made.append(Supervised(data, **more))
        return made[-1]

    yield making
    for each in made:
        each.stop()


def test_a_process_that_ends_for_damage_is_reported_and_stays_down_while_the_other_continues(
    make: Callable[..., Supervised],
) -> None:
    watched = make().start()
    watched.end("workers", code=EXIT_DAMAGED)
    eventually(watched.says("it is not restarted"))
    watched.end("front", code=1)
    eventually(lambda: len(watched.starts("front")) >= 2)  # so it kept supervising both
    watched.live("front")
    eventually(lambda: watched.alive("front"))
    assert len(watched.starts("workers")) == 1
    assert watched.code is None


def test_nothing_is_left_to_supervise_when_all_ended_for_damage(make: Callable[..., Supervised]) -> None:
    watched = make().start()
    watched.end("workers", code=EXIT_DAMAGED)
    watched.end("front", code=EXIT_DAMAGED)
    eventually(lambda: watched.code == 1)


def test_ending_for_want_of_room_is_no_crash_and_is_tried_until_there_is_room(make: Callable[..., Supervised]) -> None:
    watched = make().start()
    watched.end("workers", code=EXIT_NO_ROOM, error="the disk is full")
    eventually(lambda: len(watched.starts("workers")) > MAX_RESTARTS + 2)
    assert watched.says("(the disk is full)")()
    (watched.data.root / "workers").unlink()
    eventually(lambda: watched.alive("workers"))
    assert watched.code is None


def test_a_crash_loop_ends_the_product_as_before(make: Callable[..., Supervised]) -> None:
    watched = make().start()
    watched.end("workers", code=1)
    eventually(lambda: watched.code == 1)
    assert len(watched.starts("workers")) == MAX_RESTARTS + 1


def test_after_a_page_that_the_disk_could_not_give_nothing_is_mapped(make: Callable[..., Supervised]) -> None:
    watched = make().start()
    watched.end("front", signal=int(signal.SIGBUS))
    eventually(lambda: len(watched.starts("front")) == 2)
    eventually(lambda: watched.alive("front"))
    assert [options.get("mapped", True) for options in watched.starts("front")] == [True, False]


def test_a_failed_start_reports_whether_the_disk_is_full(make: Callable[..., Supervised]) -> None:
    watched = make()
    watched.end("workers", code=EXIT_NO_ROOM, error="no space left")
    with pytest.raises(StartError, match="no space left") as failed:
        watched.supervisor.start()
    assert failed.value.no_room


def test_a_full_disk_and_each_fault_are_reported_once(make: Callable[..., Supervised]) -> None:
    watched = make(floor=1 << 62).start()
    Faults(watched.data, "front").report("alerting", Damaged("x.db", "malformed", "restore it"))
    eventually(watched.says("alerting stopped: x.db"))
    eventually(watched.says(f"the disk of {watched.data.root} is full"))
    Faults(watched.data, "front").report("metrics-engine", Damaged("y.db", "malformed", "restore it"))
    eventually(watched.says("metrics-engine stopped: y.db"))  # so it supervised both again
    assert len(watched.said) == 3
