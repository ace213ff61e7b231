"""Names, locks and paths that must not be in any file of the workspace."""

import json
import re
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT, files, texts

VAGUE = {"utils", "util", "helpers", "helper", "common", "core", "base", "misc", "shared"}
# What a machine calls its own folders; spelt in two parts so that this file does not name them.
MACHINE_PATHS = re.compile(r"(?<![\w.$}\])-])/" + r"(?:work|root|home/\w+|Users/\w+)/[\w.]")
ADDRESS = re.compile(r"https?://|git\+|--(?:extra-)?index-url|--find-links|--trusted-host")


def test_nothing_is_called_by_a_name_that_says_nothing() -> None:
    named = [str(file) for file in files() if {part.split(".")[0] for part in file.parts} & VAGUE]
    assert named == []


@pytest.mark.parametrize("lock", sorted(ROOT.glob("requirements/*.txt")), ids=lambda lock: lock.name)
def test_a_python_lock_holds_versions_and_hashes_but_no_address(lock: Path) -> None:
    lines = [line for line in lock.read_text().splitlines() if not line.lstrip().startswith("#")]
    assert [line for line in lines if ADDRESS.search(line)] == []
    pinned = [line for line in lines if line and not line.startswith(" ")]
    assert [line for line in pinned if "==" not in line] == []
    assert sum("--hash=sha256:" in line for line in lines) >= len(pinned)


def test_the_npm_lock_holds_no_address() -> None:
    packages = json.loads((ROOT / "frontend" / "package-lock.json").read_text())["packages"]
    assert [name for name, package in packages.items() if "resolved" in package and not package.get("link")] == []
    unhashed = [name for name, package in packages.items() if name and not package.get("link") and not sealed(package)]
    assert unhashed == []


def sealed(package: dict[str, object]) -> bool:
    """A package that comes inside another's archive has no hash of its own."""
    return "integrity" in package or bool(package.get("inBundle"))


def test_no_file_names_a_folder_of_somebodys_machine() -> None:
    found = [
        f"{file}:{number}: {line.strip()[:100]}"
        for file, text in texts()
        if file.name != "package-lock.json"
        for number, line in enumerate(text.splitlines(), 1)
        if MACHINE_PATHS.search(line)
    ]
    assert found == []
