"""The machine and versions that every figure is printed with; memory of process trees."""

import contextlib
import os
import platform
import re
import sqlite3
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psutil

# The program of a command line: the first pattern that matches.
PROGRAMS = (
    re.compile(r"headwater\.embedded[ .](front|workers)"),
    re.compile(r"headwater\.(?:cli|embedded) serve ([a-z-]+)"),
    re.compile(r"(kafka)\.Kafka"),
    re.compile(r"org\.(neo4j)\."),
    re.compile(r"(postgres)"),
    re.compile(r"(nginx)"),
    re.compile(r"-m headwater()"),
)


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
    """A process and all its descendants."""
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


def cpu_by_program(root: int) -> dict[str, float]:
    """Processor seconds so far of each program in a process tree; a worker process counts as its program."""
    names: dict[int, str] = {}
    used: dict[str, float] = {}
    for process in processes(root):
        with contextlib.suppress(psutil.NoSuchProcess):
            name = _program(" ".join(process.cmdline())) or names.get(process.ppid(), "?")
            names[process.pid] = name
            used[name] = used.get(name, 0.0) + sum(process.cpu_times()[:2])
    return used


def cost_an_event(before: dict[str, float], after: dict[str, float], events: int) -> str:
    """Microseconds of processor time per event, of programs with at least 1 % of the total, the busiest first."""
    used = {name: seconds - before.get(name, 0) for name, seconds in after.items()}
    busy = sorted((name for name in used if used[name] > sum(used.values()) / 100), key=lambda name: -used[name])
    return ", ".join(f"{name} {used[name] / events * 1e6:.0f}" for name in busy)


def _program(command: str) -> str | None:
    found = next((found for pattern in PROGRAMS if (found := pattern.search(command))), None)
    return None if found is None else found[1] or "supervisor"
