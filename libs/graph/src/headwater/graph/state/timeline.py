"""The validity of a job's claims over its runs in order.

A claim is valid from the start of the first run that made it; it is confirmed from that run's success; it
ends at the third consecutive successful run that does not make it, or when one of its datasets is dropped;
a later run that makes it reopens it. Runs are ordered by position (first success, else last event).

Folding every run at each event would cost O(runs). So the last `TAIL` runs stay unfolded in the job's
state, where they may still change, and with them up to `LONGEST_TAIL` runs from the first on that is not
over; older ones are folded into checkpoints. `place` returns whether a changed run fits into the tail; if not, the
caller folds the job again from all its runs (`fold_all`). Both use the same step, so they give the same result.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from copy import copy

from headwater.graph.state.states import Fold, Interval, JobState, Summary

TAIL = 8
LONGEST_TAIL = 64  # so many runs of one job may be under way at a time
ENDING_MISSES = 3


def place(job: JobState, summary: Summary, *, known: bool) -> bool:
    """Put a new or changed run into the tail. False: it is before the horizon, fold again. `known`: the run was stored
    already."""
    horizon = job.horizon
    index = next((i for i, s in enumerate(job.tail) if s.run == summary.run), None)
    if index is None and known:
        return False
    if horizon is not None and order(summary) <= horizon:
        return False
    if index is None:
        job.tail.append(summary)
    else:
        job.tail[index] = summary
    job.tail.sort(key=order)
    return True


def shorten(job: JobState) -> None:
    """Fold the oldest runs of a long tail into the checkpoints. Every claim of the tail must be in `job.claims`."""
    surplus = _begin_of_tail(job.tail)
    for summary in job.tail[:surplus]:
        step(job.claims, summary)
        job.horizon = order(summary)
    del job.tail[:surplus]


def _begin_of_tail(ordered: Sequence[Summary]) -> int:
    last = max(len(ordered) - TAIL, 0)
    first = max(len(ordered) - LONGEST_TAIL, 0)
    return next((index for index in range(first, last) if not ordered[index].over), last)


def lives(job: JobState) -> dict[str, Fold]:
    """The folds of the job's live claims, tail included."""
    folds = {claim: copy(fold) for claim, fold in job.claims.items()}
    for summary in job.tail:
        step(folds, summary)
    return folds


def fold_all(
    summaries: Iterable[Summary], cuts: Mapping[str, Sequence[int]]
) -> tuple[dict[str, Fold], dict[str, Fold], list[Summary]]:
    """(checkpoints, folds with the tail, tail) of all runs of a job; `cuts`: when a claim's datasets were dropped."""
    ordered = sorted(summaries, key=order)
    tail = ordered[_begin_of_tail(ordered) :]
    pending = deque(sorted((time, claim) for claim, times in cuts.items() for time in times))
    active: dict[str, Fold] = {}
    ended: dict[str, Fold] = {}
    _run_through(active, ended, ordered[: len(ordered) - len(tail)], pending, cuts)
    checkpoints = {claim: copy(fold) for claim, fold in (ended | active).items()}
    _run_through(active, ended, tail, pending, cuts)
    for time, claim in pending:
        _cut(active, claim, time)
    return checkpoints, ended | active, tail


def _run_through(
    active: dict[str, Fold],
    ended: dict[str, Fold],
    summaries: Sequence[Summary],
    pending: deque[tuple[int, str]],
    cuts: Mapping[str, Sequence[int]],
) -> None:
    """Apply runs and drops in order. Ended claims are set aside, so that they add no cost per run."""
    for summary in summaries:
        while pending and pending[0][0] < summary.position:
            time, claim = pending.popleft()
            _cut(active, claim, time)
        for claim in summary.claims:
            if claim in ended:
                active[claim] = ended.pop(claim)
        for claim in step(active, summary, cuts):
            ended[claim] = active.pop(claim)


def order(summary: Summary) -> tuple[int, str]:
    return (summary.position, summary.run)


def step(folds: dict[str, Fold], summary: Summary, cuts: Mapping[str, Sequence[int]] | None = None) -> list[str]:
    """Apply one run: it asserts its claims; if it succeeded, the others count a miss. Returns the claims that ended."""
    for claim in summary.claims:
        fold = folds.get(claim)
        if fold is None:
            fold = folds[claim] = Fold()
        _assert(fold, summary, cuts.get(claim, ()) if cuts else ())
    if summary.success is None or len(folds) == len(summary.claims):
        return []
    missed = [claim for claim, fold in folds.items() if fold.since is not None and claim not in summary.claims]
    return [claim for claim in missed if _miss(folds[claim], summary.position)]


def _assert(fold: Fold, summary: Summary, cuts: Sequence[int]) -> None:
    start, success = summary.start, summary.success
    if fold.closed:
        start = max(start, fold.closed[-1][1])
    if cuts:
        start = max([start, *(t for t in cuts if t < summary.position)])
    if fold.since is None or start < fold.since:
        fold.since = start
    fold.misses = 0
    fold.asserts += 1
    if success is not None:
        mark = (success, summary.run)
        if fold.confirmed is None or success < fold.confirmed:
            fold.confirmed = success
        if fold.last is None or mark > fold.last:
            fold.last = mark
        fold.confirmations += 1


def _miss(fold: Fold, position: int) -> bool:
    fold.misses += 1
    if fold.misses < ENDING_MISSES:
        return False
    _close(fold, position)
    return True


def _cut(folds: dict[str, Fold], claim: str, time: int) -> None:
    fold = folds.get(claim)
    if fold is not None and fold.since is not None:
        _close(fold, time)


def _close(fold: Fold, time: int) -> None:
    if fold.since is not None and fold.since < time:
        fold.closed = (*fold.closed, (fold.since, time))
    fold.since = None
    fold.misses = 0


def intervals(fold: Fold) -> tuple[Interval, ...]:
    return fold.closed if fold.since is None else (*fold.closed, (fold.since, None))


def united(parts: Iterable[Interval]) -> tuple[Interval, ...]:
    """The union of half-open intervals, in order, adjacent ones merged."""
    result: list[Interval] = []
    for start, end in sorted(parts, key=lambda i: i[0]):
        if result and (result[-1][1] is None or start <= result[-1][1]):
            before = result[-1]
            longest = None if before[1] is None or end is None else max(before[1], end)
            result[-1] = (before[0], longest)
        else:
            result.append((start, end))
    return tuple(result)


def static_intervals(declared: Iterable[tuple[int, str, frozenset[str]]]) -> dict[str, tuple[Interval, ...]]:
    """The validity of each claim of declarations (time, event id, claims): until the next declaration without it."""
    ordered = sorted(declared, key=lambda d: (d[0], d[1]))
    parts: dict[str, list[Interval]] = {}
    for index, (time, _, held) in enumerate(ordered):
        end = ordered[index + 1][0] if index + 1 < len(ordered) else None
        for claim in held:
            if end is None or end > time:
                parts.setdefault(claim, []).append((time, end))
    return {claim: united(found) for claim, found in parts.items()}
