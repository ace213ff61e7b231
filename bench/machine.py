"""The machine and versions that every figure is printed with; memory of process trees."""

import os
import platform
import sqlite3
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psutil


def describe() -> str:
    """One paragraph: date, processor, memory, load, versions."""
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores ({model}), "
        f"{psutil.virtual_memory().total / 2**30:.0f} GiB, load {os.getloadavg()[0]:.1f}; "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, headwater {version('headwater')}"
    )


def processes(root: int) -> list[psutil.Process]:
    """A process and all below it."""
    parent = psutil.Process(root)
    return [parent, *parent.children(recursive=True)]


def pss_megabytes(root: int) -> float:
    """Proportional memory of a process tree in MB (10^6 bytes)."""
    total = 0
    for process in processes(root):
        for line in Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1]) * 1024
    return total / 1e6


def cpu_seconds(root: int) -> float:
    """Processor time of a process tree so far."""
    return sum(sum(process.cpu_times()[:2]) for process in processes(root))
