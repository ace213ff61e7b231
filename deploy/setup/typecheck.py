"""mypy, strict, over every member, every test and the bench: the namespace package needs each member named."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(ROOT.glob("*/*/src"))
LOOSE = ("tests", "bench", "docs/*.py", "deploy/setup/*.py", "conftest.py", "*/*/tests")


def main() -> int:
    """The worse of two exit codes: packages first, then what imports them."""
    os.environ["MYPYPATH"] = os.pathsep.join([*map(str, SOURCES), str(ROOT)])
    packages = sorted(
        f"headwater.{package.name}"
        for source in SOURCES
        for package in (source / "headwater").iterdir()
        if (package / "__init__.py").exists()
    )
    files = sorted(
        str(file)
        for pattern in LOOSE
        for place in ROOT.glob(pattern)
        for file in [place, *place.rglob("*.py")]
        if file.suffix == ".py"
    )
    named = [argument for package in packages for argument in ("-p", package)]
    return max(mypy(named), mypy(files))


def mypy(arguments: list[str]) -> int:
    return subprocess.run([sys.executable, "-m", "mypy", *arguments], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
