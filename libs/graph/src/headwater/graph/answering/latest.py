"""The latest value of a metric: labels arrive late, so its newest window often has none yet."""

from bisect import insort

import msgspec

RECENT = 64
"""Windows kept per metric. A dropped window never returns, so the result does not depend on the order."""


class WindowValue(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """One revision of one window; times in microseconds UTC."""

    end: int
    start: int
    revision: int
    computed_at: int
    result: str
    value: float | None = None
    reason: str | None = None
    interval: tuple[float, float] | None = None
    n: int = 0
    labelled: int = 0


def keep(windows: list[WindowValue], found: WindowValue) -> bool:
    """Insert a value among the newest windows, oldest first, each at its greatest revision. False: nothing changed."""
    for index, known in enumerate(windows):
        if (known.end, known.start) == (found.end, found.start):
            if _order(found) <= _order(known):
                return False
            windows[index] = found
            return True
    insort(windows, found, key=_order)
    if len(windows) <= RECENT:
        return True
    return windows.pop(0) is not found


def latest(windows: list[WindowValue]) -> WindowValue:
    """The newest window with a value; where none has one, the newest, with its reason. `windows`: not empty."""
    return next((w for w in reversed(windows) if w.value is not None), windows[-1])


def _order(window: WindowValue) -> tuple[int, int, int, int, str]:
    return window.end, window.start, window.revision, window.computed_at, window.result
