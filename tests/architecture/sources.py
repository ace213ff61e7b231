"""The files of the workspace, as git knows them."""

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@cache
def files() -> tuple[Path, ...]:
    """Every file that is or would be committed, relative to the root."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    names = sorted(set(filter(None, listed.split("\0"))))
    return tuple(Path(name) for name in names if (ROOT / name).is_file())


def texts(*suffixes: str) -> list[tuple[Path, str]]:
    """Path and content of files with one of the endings; of all text files when none is given."""
    found = []
    for file in files():
        if not suffixes or file.name.endswith(suffixes):
            content = (ROOT / file).read_bytes()
            if b"\0" not in content:
                found.append((file, content.decode("utf-8", errors="replace")))
    return found
