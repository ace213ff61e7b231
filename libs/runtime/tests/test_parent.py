"""No process of ours outlives the one that started it."""

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.product import eventually, living

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux ties a child to its parent")
GONE = 2**22 + 1
"""No process has this id: it lies above the highest one."""
ORPHAN = f"from headwater.runtime.hosting.parent import die_with; die_with({GONE}); print('lives')"
APPLICATION = """
def make():
    return lambda environ, start_response: [b""]
"""
GRANIAN = """
from headwater.runtime.web.serve import serve_granian
serve_granian("application:make", port=0)
"""


def test_a_child_whose_parent_died_before_it_was_tied_ends_at_once() -> None:
    ended = subprocess.run([sys.executable, "-c", ORPHAN], capture_output=True, timeout=60, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, b"", b"")


@pytest.mark.loopback
def test_the_workers_of_a_server_die_with_it_when_it_is_killed(tmp_path: Path) -> None:
    (tmp_path / "application.py").write_text(APPLICATION)
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    with subprocess.Popen([sys.executable, "-c", GRANIAN], env=environment, stdout=subprocess.DEVNULL) as server:
        workers = eventually(psutil.Process(server.pid).children)
        eventually(lambda: all(len(worker.threads()) > 1 for worker in workers))  # it serves
        server.kill()
    eventually(lambda: not living(workers))
