"""Which steps `make test` runs after one has failed."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

FILE = Path(__file__).parents[2] / "deploy" / "setup" / "check.py"
EXPENSIVE = ["contract", "integration", "e2e"]


@pytest.fixture(scope="module")
def check() -> ModuleType:
    spec = importlib.util.spec_from_file_location("check", FILE)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(check: ModuleType, logs: Path, failing: str, *, keep_going: bool) -> tuple[list[str], list[str], list[str]]:
    """The targets that were run, those that failed, and those that were left out."""
    ran: list[str] = []

    def act(target: str, log: Path) -> int:
        ran.append(target)
        log.write_text(f"{target} ran\n")
        return int(target == failing)

    made = check.Check(act, logs)
    made.all(keep_going=keep_going)
    return ran, made.failed, made.skipped


@pytest.mark.parametrize("failing", ["lint", "contract"])
def test_everything_runs_whatever_failed_when_told_to_keep_going(
    check: ModuleType, tmp_path: Path, failing: str
) -> None:
    ran, failed, skipped = run(check, tmp_path, failing, keep_going=True)
    assert sorted(ran) == sorted(step.target for step in check.STEPS)
    assert (failed, skipped) == ([failing], [])


def test_a_cheap_failure_saves_the_expensive_steps(check: ModuleType, tmp_path: Path) -> None:
    ran, failed, skipped = run(check, tmp_path, "lint", keep_going=False)
    assert "docs" in ran
    assert (failed, skipped) == (["lint"], EXPENSIVE)


def test_arguments_of_ours_are_not_handed_to_the_steps(
    check: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check, "ROOT", tmp_path)
    monkeypatch.setenv("MAKEFLAGS", " -- ARGS=--keep-going")
    (tmp_path / "Makefile").write_text("step:\n\t@echo got [$(ARGS)]\n")
    assert check.make("step", tmp_path / "log") == 0
    assert (tmp_path / "log").read_text() == "got []\n"
