"""The `headwater` command as its user runs it: the installed program in a shell, with nothing in between."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest.mock import patch

import click.testing
from click.testing import CliRunner

from headwater.cli.__main__ import main
from tests.patience import LONG

HEADWATER = Path(sys.executable).with_name("headwater")


def shell(**more: str) -> dict[str, str]:
    """The environment of a shell in which `headwater` can be called, without the settings of the tests' own shell."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HEADWATER_", "OPENLINEAGE"))}
    return kept | {"PATH": f"{HEADWATER.parent}{os.pathsep}{os.environ['PATH']}"} | more


def headwater(*arguments: str | Path, **more: Any) -> subprocess.CompletedProcess[str]:
    """Run one command to its end. `env`: more variables."""
    environment = shell(**more.pop("env", {}))
    options: dict[str, Any] = {
        "stdin": subprocess.DEVNULL,
        "capture_output": True,
        "text": True,
        "timeout": LONG,
    } | more
    return subprocess.run([HEADWATER, *map(str, arguments)], env=environment, check=False, **options)


def succeeds(*arguments: str | Path, **more: Any) -> str:
    """Standard output of a command that exits with 0 and prints no error."""
    done = headwater(*arguments, **more)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    assert isinstance(done.stdout, str)
    return done.stdout


def typed(*arguments: str | Path, env: dict[str, str] | None = None) -> click.testing.Result:
    """The same command inside of this process: for many small cases."""
    gone: dict[str, str | None] = {name: None for name in os.environ if name.startswith(("HEADWATER_", "OPENLINEAGE"))}
    with patch.dict(os.environ):  # commands pass settings to their processes through the environment
        return CliRunner().invoke(main, list(map(str, arguments)), env={**gone, **(env or {})}, prog_name="headwater")


def told(*arguments: str | Path, **variables: str) -> str:
    """Standard output of a command that succeeds in this process."""
    done = typed(*arguments, env=variables)
    assert done.exit_code == 0, done.output
    return done.stdout


def wrong(*arguments: str | Path, code: int = 1, **variables: str) -> str:
    """The error line of a command that fails in this process."""
    done = typed(*arguments, env=variables)
    return refused(done.exit_code, done.stdout, done.stderr, code=code)


def refusal(*arguments: str | Path, code: int = 1, **more: Any) -> str:
    """The single error line of a command that fails."""
    done = headwater(*arguments, **more)
    return refused(done.returncode, done.stdout, done.stderr, code=code)


def refused(returned: int, stdout: str, stderr: str, *, code: int = 1) -> str:
    """The error line, after the usage if the command was mistyped."""
    assert returned == code, stdout + stderr
    usage, said, line = stderr.partition("Error: ")
    assert said, stderr
    assert (code == 2) == usage.startswith("Usage:"), stderr
    assert line.count("\n") == 1, stderr
    return line
