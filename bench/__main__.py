"""`python -m bench [embedded|distributed] [--quick]`: every row of the table, with machine and versions.

`python -m bench --against COMMIT`: processor time of the working tree as ratios to that commit, see `bench.against`.
"""

import argparse
import signal
import sys
import time
from collections.abc import Callable, Iterator

from bench import against, ingest, scene, size, start, visible
from bench.http_load import post_all
from bench.machine import describe
from bench.subject import MODES, Subject
from bench.table import Figure, print_table
from bench.workload import batches, repeating_events

WARM_EVENTS = 50_000
# In this order: rows that need an empty product come first, and `visible` is measured again on the large graph.
ROWS: dict[str, Callable[[Subject, int], list[Figure]]] = {
    "start": lambda subject, small: start.measure(subject),
    "visible": lambda subject, small: visible.measure(subject, seconds=15 / small + 2),
    "ingest": lambda subject, small: ingest.measure(subject, events=60_000 // small, singles=12_000 // small),
    "size": lambda subject, small: size.measure(subject, events=20_000 // small),
    "scene": lambda subject, small: scene.measure(subject, nodes=500_000 // small),
    "visible-large": lambda subject, small: visible.measure(subject, seconds=15 / small + 2),
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench", description="Measure performance claims on this machine.")
    parser.add_argument("modes", nargs="*", default=["embedded"], help=f"which deployment: {' '.join(MODES)}")
    parser.add_argument("--quick", action="store_true", help="a tenth of the size: a check of the bench, not a claim")
    parser.add_argument("--only", choices=list(ROWS), action="append", help="only these rows; may be repeated")
    parser.add_argument("--against", metavar="COMMIT", help="compare processor time with another commit instead")
    parser.add_argument("--limit", type=float, default=1.05, help="with --against: the largest ratio that is accepted")
    options = parser.parse_args()
    if unknown := set(options.modes) - set(MODES):
        parser.error(f"{', '.join(unknown)}: choose among {' '.join(MODES)}")
    signal.signal(signal.SIGTERM, _leave)
    print(describe())
    if options.against:
        kept = [against.compare(options.against, mode, limit=options.limit) for mode in options.modes]
        sys.exit(0 if all(kept) else 1)
    for mode in options.modes:
        _run(mode, small=10 if options.quick else 1, rows=options.only or list(ROWS))


def _run(mode: str, *, small: int, rows: list[str]) -> None:
    """Measure on a fresh product; rows already measured are printed even if a later one fails."""
    began = time.perf_counter()
    print_table(f"{mode}{' (quick, a tenth of the size)' if small > 1 else ''}", _figures(mode, small, rows))
    print(f"\n{time.perf_counter() - began:.0f} s in all")


def _figures(mode: str, small: int, rows: list[str]) -> Iterator[Figure]:
    with MODES[mode]() as subject:
        if mode == "distributed":
            _warm(subject, WARM_EVENTS // small)
        for name in rows:
            yield from ROWS[name](subject, small)


def _leave(number: int, frame: object) -> None:
    """Exit on SIGTERM through the context managers, which stop what was started."""
    sys.exit(128 + number)


def _warm(subject: Subject, events: int) -> None:
    """Warm up the JVMs until they run at full speed."""
    bodies = list(batches(repeating_events(events, prefix="warm"), 100))
    post_all(subject.url, "/api/v1/lineage/batch", subject.key, bodies, connections=2)
    subject.await_graph()


if __name__ == "__main__":
    main()
