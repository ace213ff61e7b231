import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from headwater.bus.deadletter import waiting
from headwater.bus.embedded import EmbeddedBus
from headwater.bus.port import Outgoing

CHILD = Path(__file__).with_name("killed_loop.py")
STEPS = ("polled", "assigned", "decoded", "dead-lettered", "handling", "handled", "committed")


def run(directory: Path, step: str, times: int) -> int:
    return subprocess.run([sys.executable, str(CHILD), str(directory), step, str(times)], timeout=60).returncode


@pytest.mark.slow
@pytest.mark.parametrize("step", STEPS)
def test_a_loop_killed_after_any_step_handles_each_record_once_and_buries_each_bad_one_once(
    tmp_path: Path, step: str
) -> None:
    bus = EmbeddedBus(tmp_path / "log", fsync=False)
    bus.create_topics({"t": 1, "t.dead": 1})
    values = [b"%d" % i for i in range(40)]
    bad = {5: b"garbage", 6: b"garbage", 17: b"poison", 30: b"garbage", 31: b"poison"}
    for offset, value in bad.items():
        values[offset] = value
    bus.producer().send_all([Outgoing("t", None, value) for value in values], timeout=30)
    assert run(tmp_path, step, 1) == -signal.SIGKILL
    if step != "assigned":  # that one comes once per process
        assert run(tmp_path, step, 2) == -signal.SIGKILL
    assert run(tmp_path, "never", 1) == 0
    with sqlite3.connect(tmp_path / "store.db") as db:
        stored = db.execute("SELECT source, value FROM items ORDER BY source").fetchall()
    db.close()
    assert stored == [(offset, value) for offset, value in enumerate(values) if offset not in bad]
    assert sorted(entry.offset for entry in waiting(bus, "t")) == sorted(bad)
    consumer = bus.consumer(group=None, topics=["t.dead"])
    assert len(consumer.poll(timeout=0, max_records=100)) == len(bad)
    consumer.close()
    bus.close()
