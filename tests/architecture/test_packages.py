"""The metadata of every package, and the commit hooks, which check the same as `make lint`."""

import json
import tomllib
from pathlib import Path

import pytest
import yaml

from tests.architecture.sources import ROOT, files

LICENCE = "Apache-2.0"


@pytest.mark.parametrize("file", [file for file in files() if file.name == "pyproject.toml"], ids=str)
def test_a_python_package_states_its_licence(file: Path) -> None:
    assert tomllib.loads((ROOT / file).read_text())["project"]["license"] == LICENCE


def test_the_frontend_states_its_licence() -> None:
    assert json.loads((ROOT / "frontend" / "package.json").read_text())["license"] == LICENCE
    assert f"SPDX-License-Identifier: {LICENCE}" in (ROOT / "LICENSE").read_text()


def test_a_commit_hook_runs_the_checks_of_make_lint_and_fetches_nothing() -> None:
    repositories = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    hooks = [(hook["entry"], hook["language"]) for repository in repositories for hook in repository["hooks"]]
    assert [repository["repo"] for repository in repositories] == ["local"]
    assert hooks == [("make lint", "system")]
