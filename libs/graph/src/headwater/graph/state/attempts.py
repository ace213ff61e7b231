"""The state of a run, from the set of its events.

By event time: a START after a terminal event begins a new attempt; without one, terminals within
`SAME_END` of the attempt's first terminal are one ending, in which FAIL beats ABORT beats COMPLETE
(a Spark write that sends FAIL and then COMPLETE has failed), and a later terminal is a new attempt
(an Airflow DAG run that completes after its retry). The run's state is its last attempt's.
"""

from collections.abc import Iterable, Sequence

import msgspec

SAME_END = 5_000_000
_RANK = {"COMPLETE": 1, "ABORT": 2, "FAIL": 3}
_ORDER = {"START": 0, "COMPLETE": 2, "ABORT": 2, "FAIL": 2}


class Attempt(msgspec.Struct, gc=False):
    """`state`: NEW, RUNNING, COMPLETE, ABORT or FAIL. `conflict`: its terminal events contradict each other."""

    state: str = "NEW"
    started_at: int | None = None
    ended_at: int | None = None
    first_end: int | None = None
    conflict: bool = False


def attempts(events: Iterable[tuple[int, str | None]]) -> list[Attempt]:
    """The attempts of a run in order, from its (event time, event type) pairs in any order. At least one."""
    result: list[Attempt] = []
    for time, kind in sorted(events, key=_by_time):
        if not result or _begins_another(result[-1], time, kind):
            result.append(Attempt(started_at=time))
        _add(result[-1], time, kind)
    return result or [Attempt()]


def _by_time(event: tuple[int, str | None]) -> tuple[int, int, str]:
    return (event[0], _ORDER.get(event[1] or "", 1), event[1] or "")


def _begins_another(attempt: Attempt, time: int, kind: str | None) -> bool:
    if attempt.first_end is None:
        return False
    return kind == "START" or (kind in _RANK and time - attempt.first_end > SAME_END)


def _add(attempt: Attempt, time: int, kind: str | None) -> None:
    rank = _RANK.get(kind or "")
    if rank is None:
        if attempt.first_end is None and kind in ("START", "RUNNING"):
            attempt.state = "RUNNING"
        return
    if attempt.first_end is None:
        attempt.first_end = attempt.ended_at = time
        attempt.state = kind or ""
        return
    attempt.conflict = attempt.conflict or kind != attempt.state
    if rank > _RANK[attempt.state]:
        attempt.state, attempt.ended_at = kind or "", time


def success(found: Sequence[Attempt], *, streaming: bool) -> int | None:
    """When the run first succeeded; a streaming run succeeds by running."""
    for attempt in found:
        if attempt.state == "COMPLETE":
            return attempt.ended_at
        if streaming and attempt.state == "RUNNING":
            return attempt.started_at
    return None
