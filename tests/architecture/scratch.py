"""A copy of the sources in which a test breaks something, and the guards run on it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.architecture.sources import ROOT, files

NEEDED = ("libs", "services", "deploy", "tests", "docs", "conftest.py", "pyproject.toml")


def scratch_copy(place: Path) -> Path:
    for file in files():
        if file.parts[0] in NEEDED:
            (place / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / file, place / file)
    return place


def python(copy: Path, *arguments: str) -> tuple[int, str]:
    """Exit code and output of a program that imports the product from the copy."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))}
    environ["PYTHONPATH"] = os.pathsep.join(str(source) for source in sorted(copy.glob("*/*/src")))
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=copy, env=environ, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def check(copy: Path, *tests: str) -> tuple[int, str]:
    return python(copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests)
