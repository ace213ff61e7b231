"""The libraries' dependencies outside the workspace; import-linter checks those inside (`make lint`)."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT

# Only the generator of contracts, a tool of the source tree, reads YAML.
ALLOWED = {
    "libs/contracts": {"msgspec", "headwater.contracts"},
    "libs/contracts/src/headwater/contracts/generate.py": {"msgspec", "headwater.contracts", "yaml"},
    "libs/evaluation": {"numpy", "scipy", "headwater.evaluation"},
}


@pytest.mark.parametrize("library", ["libs/contracts", "libs/evaluation"])
def test_a_library_depends_on_nothing_but_what_is_agreed(library: str) -> None:
    strangers = [
        f"{file.relative_to(ROOT)} imports {name}"
        for file in sorted((ROOT / library / "src").rglob("*.py"))
        for name in imported(file)
        if not allowed(name, ALLOWED.get(str(file.relative_to(ROOT)), ALLOWED[library]))
    ]
    assert strangers == []


def imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file} imports relatively"
            yield node.module or ""


def allowed(name: str, names: set[str]) -> bool:
    if name.split(".")[0] in sys.stdlib_module_names:
        return True
    return any(name == one or name.startswith(f"{one}.") for one in names)
