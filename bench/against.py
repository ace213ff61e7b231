"""Two commits compared on one machine: the same work on both, alternating, as ratios of processor time.

The machine's speed differs by half within an hour, so a single run means little. Here both products run at the same
time, and each piece of work is done by one and, within seconds, by the other; only the processor time of the product
itself counts. A ratio below one means that the working tree needs less than the other commit.
"""

import math
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import NamedTuple

from scipy import stats

from bench.http_load import post_all
from bench.machine import cpu_by_program, pss_megabytes
from bench.subject import MODES, Subject
from bench.workload import batches, new_events, repeating_events

ROOT = Path(__file__).resolve().parents[1]
PLACES = ROOT / ".cache" / "bench"
CONFIDENCE = 0.95
WIDEST = 0.06
FEWEST_ROUNDS, MOST_ROUNDS = 5, 30
PIECES = 4
"""How often each row is measured on the same two products: a round gives so many ratios, and one of each start."""
EVENTS, SINGLES, SCENES = 5_000, 2_000, 80
WARM_EVENTS = {"embedded": 2_000, "distributed": 40_000}
"""By mode; as many as the compiler of Neo4j's JVM needs until it has little left to do."""
CHECKPOINT_EVENTS = 14_000
GOLDEN = 0.618
"""Its multiples, without their whole numbers, are spread evenly."""

Rows = Iterator[tuple[str, float]]
"""Rows with their cost, each in its own unit of work."""


class Ratio(NamedTuple):
    """Geometric mean of the measured ratios of a row with its interval at 95 %."""

    row: str
    mean: float
    low: float
    high: float
    measured: int

    @property
    def wide(self) -> bool:
        return self.high - self.low > WIDEST


def compare(commit: str, mode: str, *, limit: float, say: Callable[[str], None] = print) -> bool:
    """Alternate the working tree and `commit` until intervals are narrow; returns whether no row exceeds `limit`."""
    other = prepared(commit, mode)
    say(f"\n### {mode}: working tree against {other.name}, us of processor time as ratios\n")
    measured: dict[str, list[float]] = {}
    for number in count(1):
        found = _round(other, mode, number)
        for row, values in found.items():
            measured.setdefault(row, []).extend(values)
        say(f"round {number}: " + ", ".join(f"{row} {_mean(values):.2f}" for row, values in found.items()))
        rows = ratios(measured)
        if number >= MOST_ROUNDS or (number >= FEWEST_ROUNDS and not any(ratio.wide for ratio in rows)):
            break
    say("\n| row | ratio | 95 % interval | measured | |\n|---|---|---|---|---|")
    for ratio in rows:
        verdict = "exceeds the limit" if ratio.high > limit else "interval still wide" if ratio.wide else ""
        say(f"| {ratio.row} | {ratio.mean:.3f} | {ratio.low:.3f} to {ratio.high:.3f} | {ratio.measured} | {verdict} |")
    return all(ratio.high <= limit for ratio in rows)


def ratios(measured: Mapping[str, Sequence[float]]) -> list[Ratio]:
    """The interval of each row: Student's t on the logarithms, so that half and double weigh the same."""
    return [_ratio(row, [math.log(value) for value in values]) for row, values in measured.items()]


def _mean(values: Sequence[float]) -> float:
    return math.exp(statistics.fmean(map(math.log, values)))


def _ratio(row: str, logs: Sequence[float]) -> Ratio:
    mean = statistics.fmean(logs)
    if len(logs) < 2:
        return Ratio(row, math.exp(mean), 0.0, math.inf, len(logs))
    spread = statistics.stdev(logs) / math.sqrt(len(logs))
    half = float(stats.t.ppf(0.5 + CONFIDENCE / 2, len(logs) - 1)) * spread
    return Ratio(row, math.exp(mean), math.exp(mean - half), math.exp(mean + half), len(logs))


def prepared(commit: str, mode: str) -> Path:
    """A checkout of a commit with its own environment, kept in .cache/bench for the next time."""
    found = _git("rev-parse", "--verify", f"{commit}^{{commit}}")
    tree = PLACES / found[:12]
    if not tree.exists():
        _git("worktree", "prune")
        _git("worktree", "add", "--detach", str(tree), found)
        (tree / ".cache").mkdir()
        (tree / ".cache" / "servers").symlink_to(ROOT / ".cache" / "servers")
    made = ["dev", "servers", "frontend"] if mode == "distributed" else ["dev"]
    downloads = f"CACHE={ROOT / '.cache'}"
    subprocess.run(["make", "-C", str(tree), downloads, *(f".cache/made/{step}" for step in made)], check=True)
    return tree


def _git(*arguments: str) -> str:
    command = ["git", "-C", str(ROOT), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def _round(other: Path, mode: str, number: int) -> dict[str, list[float]]:
    """Ratios by row on two fresh products; which one begins alternates."""
    found: dict[str, list[float]] = {}
    mine_first = number % 2 == 1
    with ExitStack() as running:
        begun = {tree: _started(running, tree, mode) for tree in ((ROOT, other) if mine_first else (other, ROOT))}
        (mine, my_cost), (theirs, their_cost) = begun[ROOT], begun[other]
        found["cpu until ready"] = [my_cost / their_cost]
        found["idle memory"] = [pss_megabytes(mine.pid) / pss_megabytes(theirs.pid)]
        for subject in (mine, theirs):
            _warm(subject, _warm_events(mode, number))
        for piece in range(PIECES):
            prefix = f"{number}.{piece}"
            rows = _rows(mine, prefix), _rows(theirs, prefix)
            for row, ratio in _alternating(*rows, mine_first=(piece + number) % 2 == 1):
                found.setdefault(row, []).append(ratio)
    return found


def _alternating(mine: Rows, theirs: Rows, *, mine_first: bool) -> Iterator[tuple[str, float]]:
    """The ratio of each row. The rows are generators: each does its next piece of work when its turn comes."""
    first, second = (mine, theirs) if mine_first else (theirs, mine)
    for (row, one), (_, other) in zip(first, second, strict=True):
        yield row, one / other if mine_first else other / one


def _started(running: ExitStack, tree: Path, mode: str) -> tuple[Subject, float]:
    """A fresh product of this tree, by its own interpreter, and its processor seconds until ready; everything else of
    the bench is the working tree's."""
    python = sys.executable if tree == ROOT else str(tree / ".venv" / "bin" / "python")
    subject = running.enter_context(MODES[mode](python))
    return subject, _total(subject)


def _rows(subject: Subject, prefix: str) -> Rows:
    events = list(new_events(EVENTS, prefix=f"new{prefix}"))
    yield from _ingest(subject, "batches", list(batches(iter(events), 100)), "/api/v1/lineage/batch", EVENTS)
    singles = list(repeating_events(SINGLES, prefix=f"single{prefix}"))
    yield from _ingest(subject, "single events", singles, "/api/v1/lineage", SINGLES)
    yield "five-hop scenes", _scenes(subject, f"new{prefix}", EVENTS)


def _warm_events(mode: str, number: int) -> int:
    """As many as put the product, by the round, at another distance from its next checkpoint, which the graph needs
    about every CHECKPOINT_EVENTS: else it would be in the same row of every round, and not in the other product's.
    """
    return WARM_EVENTS[mode] + int(number * GOLDEN % 1 * CHECKPOINT_EVENTS / 100) * 100


def _warm(subject: Subject, events: int) -> None:
    """Exclude from the rows what is planned, compiled or cached at first use."""
    bodies = list(batches(new_events(events, prefix="warm"), 100))
    post_all(subject.url, "/api/v1/lineage/batch", subject.key, bodies, connections=2)
    subject.await_graph()


def _ingest(subject: Subject, what: str, bodies: Sequence[bytes], path: str, events: int) -> Rows:
    """Ingest while the writer is halted, also while the other product ingests; then from the log to the graph."""
    connections = 4 if what == "batches" else 8
    with subject.writer_halted():
        before = _total(subject)
        post_all(subject.url, path, subject.key, bodies, connections=connections)
        stored = _total(subject)
        yield f"ingest, {what}", (stored - before) / events
        stored = _total(subject)  # without what it did while the other product worked
    subject.await_graph()
    yield f"log to graph, {what}", (_total(subject) - stored) / events


def _scenes(subject: Subject, prefix: str, events: int) -> float:
    width = max(1, events // 20)
    names = [f"{prefix}.t9.{index % width}" for index in range(SCENES)]
    before = _total(subject)
    for name in names:
        found = subject.get("/api/v1/graph/nodes", kind="DataSource", namespace="bench://lake", name=name).json()
        subject.get("/api/v1/graph/scene", focus=found["id"], up=5, down=5, limit=350)
    return (_total(subject) - before) / SCENES


def _total(subject: Subject) -> float:
    """Processor seconds of all processes of the product so far."""
    time.sleep(0.05)  # the kernel counts in hundredths
    return sum(cpu_by_program(subject.pid).values())
