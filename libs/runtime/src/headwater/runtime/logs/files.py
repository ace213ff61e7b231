"""Rotation of the log files of supervised programs, without the program having to reopen them.

A file is copied to `<name>.1` and truncated in place, which works for processes that append. A line written in between
may be lost.
"""

import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

LIMIT_BYTES = 20_000_000
OLDER_FILES = 4


def rotate(files: Iterable[Path], *, limit: int = LIMIT_BYTES, older: int = OLDER_FILES) -> list[Path]:
    """Rotate those larger than `limit` bytes and return them. When the disk is full they stay as they are."""
    rotated = []
    for file in files:
        with suppress(OSError):
            if file.stat().st_size > limit:
                _rotate(file, older)
                rotated.append(file)
    return rotated


def _rotate(file: Path, older: int) -> None:
    copy = file.with_name(f"{file.name}.new")
    try:
        shutil.copyfile(file, copy)
        copy.chmod(file.stat().st_mode & 0o777)
    except OSError:
        copy.unlink(missing_ok=True)
        raise
    for number in range(older - 1, 0, -1):
        with suppress(FileNotFoundError):
            file.with_name(f"{file.name}.{number}").replace(file.with_name(f"{file.name}.{number + 1}"))
    copy.replace(file.with_name(f"{file.name}.1"))
    with file.open("r+b") as opened:
        opened.truncate(0)
