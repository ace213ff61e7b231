"""The series of all processes at one address: the consumers' process writes its own to a file, the front adds them.

What is older than a few measurements is left out: a process that is halted or gone must not seem to count on.
"""

import time
from collections.abc import Callable
from pathlib import Path

from headwater.embedded.data_dir import write_private
from headwater.runtime.meter import SECONDS
from headwater.runtime.telemetry import Telemetry

OLDEST_SECONDS = 3 * SECONDS
_HEAD = "# HELP "


def writer(metrics: Telemetry, file: Path) -> Callable[[], None]:
    """A measurement that writes all series of a process."""
    return lambda: write_private(file, metrics.render().decode())


def reader(file: Path, *, clock: Callable[[], float] = time.time) -> Callable[[], bytes]:
    """What the other process wrote last; nothing when that is too old."""

    def read() -> bytes:
        try:
            age = clock() - file.stat().st_mtime
            return file.read_bytes() if age <= OLDEST_SECONDS else b""
        except OSError:
            return b""

    return read


def merged(*texts: bytes) -> bytes:
    """Expositions as one: each metric once, with the samples of all. Of a sample that several have, counts are added
    and gauges taken from the last."""
    heads: dict[str, str] = {}
    samples: dict[str, dict[str, float]] = {}
    for text in texts:
        for block in text.decode().split(_HEAD)[1:]:
            about, kind, *lines = block.splitlines()
            name = about.partition(" ")[0]
            heads.setdefault(name, f"{_HEAD}{about}\n{kind}\n")
            known = samples.setdefault(name, {})
            for line in filter(None, lines):
                sample, _, value = line.rpartition(" ")
                known[sample] = float(value) + (0.0 if kind.endswith(" gauge") else known.get(sample, 0.0))
    shown = (head + "".join(f"{s} {v!r}\n" for s, v in samples[name].items()) for name, head in heads.items())
    return "".join(shown).encode()
