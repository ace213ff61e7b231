"""Processes by identity: no other process is ever killed, and none outlives its owner."""

import json
import signal
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import psutil
import pytest

from headwater.local.processes import Identity, end, kill9, spawn
from headwater.local.servers import Servers, sweep, temporary_directory
from tests.product import eventually

SLEEP = (sys.executable, "-c", "import time; time.sleep(600)")
ENDS_AT_ONCE = ("/bin/true",)
IGNORES_TERM = (
    sys.executable,
    "-c",
    "import signal, time; signal.signal(15, signal.SIG_IGN); print('on', flush=True); time.sleep(600)",
)
PARENT = (sys.executable, "-c", f"import subprocess; subprocess.run({list(SLEEP)!r})")
OWNER = """
import sys
from pathlib import Path
from headwater.local.processes import spawn
child = spawn([sys.executable, "-c", "import time; time.sleep(600)"], log=Path(sys.argv[1]), environment={})
print(child.pid, child.started, flush=True)
input()
"""


def test_a_stopped_process_is_gone(tmp_path: Path) -> None:
    process = spawn(SLEEP, log=tmp_path / "log", environment={})
    assert process.alive()
    end(process, first=signal.SIGTERM, seconds=10)
    assert not process.alive()


def test_a_program_that_ends_the_moment_it_starts_is_dead_and_nothing_else(tmp_path: Path) -> None:
    started = [spawn(ENDS_AT_ONCE, log=tmp_path / "log", environment={}) for _ in range(40)]
    eventually(lambda: not any(process.alive() for process in started))
    for process in started:
        end(process, first=signal.SIGTERM, seconds=1)


def test_a_process_that_will_not_stop_is_killed_after_the_deadline(tmp_path: Path) -> None:
    process = spawn(IGNORES_TERM, log=tmp_path / "log", environment={})
    eventually(lambda: (tmp_path / "log").read_text())
    end(process, first=signal.SIGTERM, seconds=0.2)
    assert not process.alive()


def test_children_go_with_their_parent(tmp_path: Path) -> None:
    process = spawn(PARENT, log=tmp_path / "log", environment={})
    (started,) = eventually(lambda: psutil.Process(process.pid).children())
    child = Identity.of(started.pid)
    kill9(process, children_seconds=0.2)
    assert not child.alive()


def test_a_later_process_with_the_same_id_is_not_hit(tmp_path: Path) -> None:
    process = spawn(SLEEP, log=tmp_path / "log", environment={})
    end(replace(process, started=process.started - 60), first=signal.SIGKILL, seconds=1)
    assert process.alive()
    end(process, first=signal.SIGKILL, seconds=10)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ties a child to its parent")
def test_a_tied_process_dies_with_an_owner_that_is_killed(tmp_path: Path) -> None:
    script = [sys.executable, "-c", OWNER, str(tmp_path / "log")]
    with subprocess.Popen(script, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout
        pid, started = owner.stdout.readline().split()
        child = Identity(int(pid), float(started))
        assert child.alive()
        owner.kill()
    eventually(lambda: not child.alive())


def test_a_set_whose_owner_is_gone_is_cleared_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    owner = spawn(SLEEP, log=tmp_path / "log", environment={})
    directory = temporary_directory(owner.pid)
    orphan = spawn(SLEEP, log=directory / "log", environment={}, tied=False)
    (directory / "kafka").mkdir()
    (directory / "kafka" / "state.json").write_text(json.dumps({"process": asdict(orphan)}))
    assert sweep() == []
    end(owner, first=signal.SIGKILL, seconds=10)
    assert sweep() == [directory]
    assert not orphan.alive()
    assert not directory.exists()


def test_an_unknown_server_is_named_with_the_choice(tmp_path: Path) -> None:
    with pytest.raises(KeyError, match="choose from kafka, neo4j, postgres"):
        Servers(tmp_path)["redis"]
