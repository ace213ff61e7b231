"""Runs pytest in forks of one process that has imported all libraries: `python -m tests.architecture.forking`.

Most of a short run is spent on importing what no test changes. Each input line is a JSON list of
arguments; each output line is a JSON list of exit code and printed output.
"""

import importlib
import json
import os
import sys
import tempfile

import pytest

OURS = ("headwater", "tests", "docs", "conftest")


def import_libraries() -> None:
    """The libraries that the product and its tests import; each run imports the product and the tests themselves."""
    for name in (
        "headwater.embedded.services",
        "headwater.local.distributed.programs",
        "tests.servers",
        "docs.generate",
    ):
        importlib.import_module(name)
    for name in [name for name in sys.modules if name.split(".")[0] in OURS]:
        del sys.modules[name]


def run(arguments: list[str]) -> tuple[int, str]:
    with tempfile.TemporaryFile(mode="w+") as printed:
        child = os.fork()
        if child == 0:
            os.dup2(printed.fileno(), 1)
            os.dup2(printed.fileno(), 2)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            importlib.invalidate_caches()
            code = pytest.main(arguments)
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
        _, status = os.waitpid(child, 0)
        printed.seek(0)
        return os.waitstatus_to_exitcode(status), printed.read()


if __name__ == "__main__":
    import_libraries()
    for line in sys.stdin:
        print(json.dumps(run(json.loads(line))), flush=True)
