"""Start to ready, memory when idle, number of processes."""

import time

from bench.machine import processes, pss_megabytes
from bench.subject import Subject
from bench.table import Figure, at_most


def measure(subject: Subject) -> list[Figure]:
    """Call on a subject that was just started on an empty data directory."""
    time.sleep(5)  # until memory from start-up has been freed
    promised = subject.mode == "embedded"
    return [
        at_most(
            "start to ready",
            subject.seconds_to_ready,
            3 if promised else None,
            "s",
            "first start, empty data directory",
        ),
        at_most("idle memory, PSS of all processes", pss_megabytes(subject.pid), 200 if promised else None, "MB"),
        at_most("processes", len(processes(subject.pid)), 3 if promised else None, ""),
    ]
