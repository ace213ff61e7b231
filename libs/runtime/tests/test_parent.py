"""No process of ours outlives the one that started it."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux ties a child to its parent")
GONE = 2**22 + 1
"""No process has this id: it is above the maximum."""
ORPHAN = f"from headwater.runtime.hosting.parent import die_with; die_with({GONE}); print('lives')"


def test_a_child_whose_parent_died_before_it_was_tied_ends_at_once() -> None:
    ended = subprocess.run([sys.executable, "-c", ORPHAN], capture_output=True, timeout=60, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, b"", b"")
