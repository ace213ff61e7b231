"""A copy of the sources in which tests break something and then run the guards."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.architecture.sources import ROOT, files

NEEDED = ("libs", "services", "deploy", "tests", "docs", "frontend", "conftest.py", "pyproject.toml", ".gitignore")
QUIETLY = ("-q", "-p", "no:cacheprovider")


def scratch_copy(place: Path) -> Path:
    for file in files():
        if file.parts[0] in NEEDED:
            (place / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / file, place / file)
    return place


def environ_of(copy: Path) -> dict[str, str]:
    """The environment in which Python imports the product from the copy, compiled once."""
    left_out = ("PYTEST_", "COV_", "PYTHONDONTWRITEBYTECODE")
    environ = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    environ["PYTHONPYCACHEPREFIX"] = str(copy / ".cache/bytecode")
    environ["PYTHONPATH"] = os.pathsep.join(str(source) for source in sorted(copy.glob("*/*/src")))
    return environ


def python(copy: Path, *arguments: str) -> tuple[int, str]:
    """Exit code and output of a program that imports the product from the copy."""
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=copy, env=environ_of(copy), capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def git(copy: Path, *arguments: str, given: str = "") -> None:
    done = subprocess.run(["git", *arguments], cwd=copy, input=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


class Scratch:
    """A copy as a separate repository, and a program that runs its tests."""

    def __init__(self, copy: Path, forking: "subprocess.Popen[str]") -> None:
        self.copy, self._forking = copy, forking

    def restore(self) -> None:
        """Undo what was done to the copy."""
        git(self.copy, "checkout", "-q", ".")
        git(self.copy, "clean", "-fdq")

    def check(self, *tests: str) -> tuple[int, str]:
        """Exit code and output of pytest."""
        assert self._forking.stdin is not None
        assert self._forking.stdout is not None
        self._forking.stdin.write(json.dumps([*QUIETLY, *tests]) + "\n")
        self._forking.stdin.flush()
        code, output = json.loads(self._forking.stdout.readline())
        return code, output


@contextmanager
def scratch(place: Path) -> Iterator[Scratch]:
    """A copy in an empty directory."""
    copy = scratch_copy(place)
    git(copy, "init", "-q")
    git(copy, "add", "-A")
    command = [sys.executable, "-m", "tests.architecture.forking"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=copy, env=environ_of(copy), stdin=pipe, stdout=pipe, text=True) as forking:
        yield Scratch(copy, forking)
