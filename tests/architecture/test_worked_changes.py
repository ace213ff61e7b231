"""The changes in the developer guide work as shown, and a guard fails if any part is left out."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.scratch import Scratch, git, python
from tests.architecture.sources import ROOT
from tests.architecture.worked import CHANGES, PAGES, ROUTE, SCREEN, TOPIC_FILES, TYPES, Change, Part

GUIDE = ROOT / "docs" / "worked-changes.md"
PARTS = [pytest.param(change, part, id=f"{change.section}: {part.file}") for change in CHANGES for part in change.parts]
TSC = ("node_modules/.bin/tsc", "-b")
every_change = pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.section)


def diff(change: Change) -> str:
    section = GUIDE.read_text().split(f"\n## {change.section}\n")[1].split("\n## ")[0]
    (found,) = re.findall(r"^```diff\n(.*?)^```$", section, flags=re.DOTALL | re.MULTILINE)
    return str(found)


def touched(change: Change) -> list[str]:
    sides = re.findall(r"^--- (\S+)\n\+\+\+ (\S+)$", diff(change), flags=re.MULTILINE)
    return [(new if new != "/dev/null" else old)[2:] for old, new in sides]


def apply(copy: Path, change: Change, *, without: str = "") -> None:
    """Make a change, except for one of its files."""
    excluded = [f"--exclude={without}"] if without else []
    git(copy, "apply", "--whitespace=nowarn", *excluded, given=diff(change))


def generate(copy: Path) -> None:
    """What `make generate` does for topics, the API's description and the reference pages."""
    assert python(copy, "-m", "headwater.contracts.generate") == (0, "")
    assert python(copy, "docs/generate.py") == (0, "")


def frontend(copy: Path, *command: str) -> tuple[int, str]:
    """Exit code and output of one of the dashboard's tools."""
    place, tools = copy / "frontend", ROOT / "frontend/node_modules"
    if not (place / "node_modules").exists():
        (place / "node_modules/.cache").mkdir(parents=True)
        for package in tools.iterdir():
            if package.name != ".cache":
                (place / "node_modules" / package.name).symlink_to(package)
        for state in tools.glob(".cache/*.tsbuildinfo"):  # tsc's incremental state
            shutil.copyfile(state, place / "node_modules/.cache" / state.name)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    environ = {**os.environ, "PATH": path}
    done = subprocess.run(command, cwd=place, env=environ, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


@every_change
def test_a_change_touches_its_own_folders_and_at_most_two_lists(change: Change) -> None:
    own = [file for file in touched(change) if file.startswith(change.own)]
    assert sorted(touched(change)) == sorted([*own, *change.lists])
    assert len(change.lists) <= 2


@every_change
def test_each_file_of_a_change_is_a_part_that_is_left_out_below(change: Change) -> None:
    assert sorted(touched(change)) == sorted(part.file for part in change.parts)


@every_change
def test_a_change_needs_nothing_else(sources: Scratch, change: Change) -> None:
    apply(sources.copy, change)
    generate(sources.copy)
    code, output = sources.check(*change.passes, PAGES, TOPIC_FILES, "-m", "not servers")
    assert code == 0, output


def test_the_screen_compiles_and_passes_its_test(sources: Scratch) -> None:
    apply(sources.copy, ROUTE)
    generate(sources.copy)
    assert frontend(sources.copy, "node", "scripts/generate.mjs")[0] == 0
    assert frontend(sources.copy, *TSC) == (0, "")
    code, output = frontend(sources.copy, "node_modules/.bin/vitest", "run", f"{SCREEN.removeprefix('frontend/')}/")
    assert code == 0, output


@pytest.mark.parametrize(("change", "part"), PARTS)
def test_leaving_out_a_part_fails_a_guard(sources: Scratch, change: Change, part: Part) -> None:
    apply(sources.copy, change, without=part.file)
    if part.guard == TYPES:
        code, output = frontend(sources.copy, *TSC)
        assert code != 0, output
    else:
        if TOPIC_FILES in change.stale:
            python(sources.copy, "-m", "headwater.contracts.generate")
        code, output = sources.check(part.guard)
        assert code == 1, output
        assert f"FAILED {part.guard}" in output
    assert part.said in output


@pytest.mark.parametrize("change", [c for c in CHANGES if c.stale], ids=lambda change: change.section)
def test_leaving_out_what_is_generated_fails_a_guard(sources: Scratch, change: Change) -> None:
    apply(sources.copy, change)
    guard, *files = change.stale
    code, output = sources.check(guard)
    assert code == 1, output
    assert f"FAILED {guard}" in output
    assert [file for file in files if file not in output] == []
