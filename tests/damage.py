"""Damage to files: flipped bits, overwritten pages, truncated, emptied and missing files."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path

HEADER = 100
"""Bytes of a SQLite file before the content of its first page."""


def flip_in(path: Path, needle: bytes) -> None:
    """Flip one bit within the first occurrence of `needle`."""
    content = bytearray(path.read_bytes())
    at = content.index(needle) + len(needle) // 2
    content[at] ^= 0x10
    path.write_bytes(content)


def page_size(path: Path) -> int:
    size = int.from_bytes(path.read_bytes()[16:18], "big")
    return 65_536 if size == 1 else size


def overwrite_page(path: Path, number: int, *, seed: int = 20260301) -> None:
    """Overwrite a page with noise; on the first page, keep the file's header. Pages count from 0."""
    size = page_size(path)
    spared = HEADER if number == 0 else 0
    with path.open("r+b") as file:
        file.seek(number * size + spared)
        file.write(random.Random(seed + number).randbytes(size - spared))


def pages(path: Path) -> Iterator[int]:
    yield from range(path.stat().st_size // page_size(path))


def cut(path: Path) -> None:
    """Cut off the second half."""
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def garble_header(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"not a database at all, by any reading of it")


def remove(path: Path) -> None:
    path.unlink()


WHOLE_FILE: tuple[Callable[[Path], None], ...] = (cut, empty, garble_header, remove)
