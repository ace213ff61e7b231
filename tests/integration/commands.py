"""The `headwater` command as its user types it: the installed program, a shell, and nothing of ours in between."""

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
    """The environment of a shell in which `headwater` can be called; settings of the tests' own shell are left out."""
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
    """Standard output of a command that ends with code 0 and complains of nothing."""
    done = headwater(*arguments, **more)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    assert isinstance(done.stdout, str)
    return done.stdout


def typed(*arguments: str | Path, env: dict[str, str] | None = None) -> click.testing.Result:
    """The same command inside of this process: for many small cases."""
    gone: dict[str, str | None] = {name: None for name in os.environ if name.startswith(("HEADWATER_", "OPENLINEAGE"))}
    with patch.dict(os.environ):  # commands hand settings to their processes by the environment
        return CliRunner().invoke(main, list(map(str, arguments)), env={**gone, **(env or {})}, prog_name="headwater")


def told(*arguments: str | Path, **variables: str) -> str:
    """Standard output of a command that succeeds in this process."""
    done = typed(*arguments, env=variables)
    assert done.exit_code == 0, done.output
    return done.stdout


def wrong(*arguments: str | Path, code: int = 1, **variables: str) -> str:
    """The line with which a command refuses in this process."""
    done = typed(*arguments, env=variables)
    return refused(done.exit_code, done.stdout, done.stderr, code=code)


def refusal(*arguments: str | Path, code: int = 1, **more: Any) -> str:
    """The one line with which a command refuses."""
    done = headwater(*arguments, **more)
    return refused(done.returncode, done.stdout, done.stderr, code=code)


def refused(returned: int, stdout: str, stderr: str, *, code: int = 1) -> str:
    """The line, after the usage where the command was mistyped."""
    assert returned == code, stdout + stderr
    usage, said, line = stderr.partition("Error: ")
    assert said, stderr
    assert (code == 2) == usage.startswith("Usage:"), stderr
    assert line.count("\n") == 1, stderr
    return line
