"""Sums of contributions by window, and windows with them applied."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from headwater.evaluation.states import AnyState, zero
from headwater.metrics_engine.join import Contribution, WindowKey
from headwater.metrics_engine.outcomes import Pair


@dataclass(slots=True)
class Change:
    """Rows and labelled pairs added to and removed from one window."""

    rows: int = 0
    come: list[Pair] = field(default_factory=list)
    gone: list[Pair] = field(default_factory=list)

    def __bool__(self) -> bool:
        return self.rows != 0 or bool(self.come) or bool(self.gone)


class Changes(dict[WindowKey, Change]):
    """Changes by window."""

    def replace(self, before: Iterable[Contribution], after: Iterable[Contribution]) -> None:
        """Replace a row's contribution `before` by `after`."""
        for key, pair in before:
            change = self._at(key)
            change.rows -= 1
            if pair is not None:
                change.gone.append(pair)
        for key, pair in after:
            change = self._at(key)
            change.rows += 1
            if pair is not None:
                change.come.append(pair)

    def _at(self, key: WindowKey) -> Change:
        change = self.get(key)
        if change is None:
            change = self[key] = Change()
        return change


def apply(state: AnyState | None, change: Change, task: str) -> AnyState | None:
    """The state of a window after a change; None for tasks without a state yet."""
    empty: Any = zero(task)
    if empty is None:
        return None
    result: Any = empty if state is None else state
    if change.come:
        result = result.merge(_state(empty, change.come))
    if change.gone:
        result = result.subtract(_state(empty, change.gone))
    return result  # type: ignore[no-any-return]


def _state(empty: Any, pairs: list[Pair]) -> Any:
    true, predicted, weights = zip(*pairs, strict=True)
    return empty.update(true, predicted, weights)
