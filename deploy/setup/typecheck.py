"""mypy, strict, over every member, every test and the bench: the namespace package needs each member named."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(ROOT.glob("*/*/src"))
LOOSE = ("tests", "bench", "docs", "deploy/setup", "conftest.py", "libs/*/tests", "deploy/*/tests")
APART = ("services/*/tests",)


def main() -> int:
    """The worst of the exit codes: packages first, then what imports them.

    A hyphen is in no module's name, so two services' `tests/conftest.py` are the same module to mypy: one run each.
    """
    os.environ["MYPYPATH"] = os.pathsep.join([*map(str, SOURCES), str(ROOT)])
    packages = sorted(
        f"headwater.{package.name}"
        for source in SOURCES
        for package in (source / "headwater").iterdir()
        if (package / "__init__.py").exists()
    )
    runs = [[argument for package in packages for argument in ("-p", package)]]
    runs.append([file for pattern in LOOSE for place in sorted(ROOT.glob(pattern)) for file in python_files(place)])
    runs += [python_files(place) for pattern in APART for place in sorted(ROOT.glob(pattern))]
    return max(mypy(run) for run in runs if run)


def python_files(place: Path) -> list[str]:
    found = [place] if place.is_file() else sorted(place.rglob("*.py"))
    return [str(file) for file in found if "_build" not in file.parts]


def mypy(arguments: list[str]) -> int:
    return subprocess.run([sys.executable, "-m", "mypy", *arguments], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
