"""Mergeable states: summaries of rows from which every metric of a kind can be computed.

A state is a value. `update`, `merge` and `subtract` return new ones, and because every number in them is exact,
any order, grouping and repetition of these that results in the same rows results in the same bytes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Protocol, Self

import numpy as np

from headwater.evaluation.codec import Reader, Writer
from headwater.evaluation.exact import ZERO, Exact, Floats, dot, integer, total, triple


class State(Protocol):
    """The interface of every kind of state."""

    KIND: ClassVar[str]

    @property
    def rows(self) -> int:
        """The number of rows, whatever their weight."""
        ...

    def merge(self, other: Self) -> Self: ...

    def subtract(self, other: Self) -> Self:
        """Remove rows that were added."""
        ...

    def to_bytes(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Mass:
    """Rows, their weight and their squared weight (for the effective sample size)."""

    rows: int = 0
    weight: Exact = ZERO
    square: Exact = ZERO

    def __add__(self, other: Mass) -> Mass:
        return Mass(self.rows + other.rows, self.weight + other.weight, self.square + other.square)

    def __sub__(self, other: Mass) -> Mass:
        return Mass(self.rows - other.rows, self.weight - other.weight, self.square - other.square)

    def __bool__(self) -> bool:
        return self.rows != 0 or bool(self.weight) or bool(self.square)

    @staticmethod
    def of(weights: Floats | None, rows: int) -> Mass:
        """The mass of rows; None: each has weight 1."""
        if weights is None:
            return Mass(rows, integer(rows), integer(rows))
        return Mass(rows, total(weights), dot(weights, weights))


EMPTY = Mass()
Cell = tuple[str, str]


@dataclass(frozen=True)
class Confusion:
    """Weighted counts by (true class, predicted class); only pairs that occur are stored."""

    KIND: ClassVar[str] = "c"
    cells: Mapping[Cell, Mass] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        return sum(mass.rows for mass in self.cells.values())

    def update(
        self, y_true: Sequence[str], y_pred: Sequence[str], weights: Sequence[float] | Floats | None = None
    ) -> Confusion:
        """Add rows. Raises ValueError when lengths differ or a weight is negative or not finite."""
        checked = as_weights(weights, len(y_true))
        if len(y_true) != len(y_pred):
            raise ValueError(f"y_pred has {len(y_pred)} rows, y_true {len(y_true)}")
        pairs = zip(y_true, y_pred, strict=True)
        if checked is None:
            batch = {cell: Mass.of(None, n) for cell, n in Counter(pairs).items()}
        else:
            batch = _weighted(list(pairs), checked)
        return self.merge(Confusion(batch))

    def merge(self, other: Confusion) -> Confusion:
        return self._with(other, 1)

    def subtract(self, other: Confusion) -> Confusion:
        return self._with(other, -1)

    def _with(self, other: Confusion, sign: int) -> Confusion:
        cells = dict(self.cells)
        for cell, mass in other.cells.items():
            before = cells.get(cell, EMPTY)
            after = before + mass if sign > 0 else before - mass
            if after:
                cells[cell] = after
            else:
                cells.pop(cell, None)
        return Confusion(cells)

    def to_bytes(self) -> bytes:
        out = Writer(self.KIND)
        out.integer(len(self.cells))
        for (true, predicted), mass in sorted(self.cells.items(), key=lambda item: item[0]):
            out.text(true)
            out.text(predicted)
            _put_mass(out, mass)
        return out.done()

    @classmethod
    def from_bytes(cls, data: bytes) -> Confusion:
        """Raises UnreadableState when the bytes are not such a state."""
        source = Reader(data, cls.KIND)
        cells = {(source.text(), source.text()): _take_mass(source) for _ in range(source.integer())}
        source.done()
        return cls(cells)


def _weighted(pairs: list[Cell], weights: Floats) -> dict[Cell, Mass]:
    codes: dict[Cell, int] = {}
    rows = np.fromiter((codes.setdefault(pair, len(codes)) for pair in pairs), dtype=np.int64, count=len(pairs))
    order = np.argsort(rows, kind="stable")
    parts = np.split(weights[order], np.cumsum(np.bincount(rows, minlength=len(codes)))[:-1])
    return {cell: Mass.of(part, len(part)) for cell, part in zip(codes, parts, strict=True)}


@dataclass(frozen=True, slots=True)
class Residuals:
    """Exact weighted sums over rows of a regression; d is the prediction less the truth y, as a float.

    `absolute`: w |d|; `squared`: w d^2; `fourth`: w (d^2)^2 with d^2 and its square rounded row by row
    (it only serves intervals); `truth` and `truth_squared`: w y and w y^2.
    """

    KIND: ClassVar[str] = "r"
    mass: Mass = EMPTY
    absolute: Exact = ZERO
    squared: Exact = ZERO
    fourth: Exact = ZERO
    truth: Exact = ZERO
    truth_squared: Exact = ZERO

    @property
    def rows(self) -> int:
        return self.mass.rows

    def update(
        self,
        y_true: Sequence[float] | Floats,
        y_pred: Sequence[float] | Floats,
        weights: Sequence[float] | Floats | None = None,
    ) -> Residuals:
        """Add rows. Raises ValueError when lengths differ or a number is not finite, or its error overflows."""
        y, predicted = as_floats("y_true", y_true), as_floats("y_pred", y_pred)
        if len(y) != len(predicted):
            raise ValueError(f"y_pred has {len(predicted)} rows, y_true {len(y)}")
        w = as_weights(weights, len(y))
        with np.errstate(over="ignore"):
            d = predicted - y
            if not np.isfinite(d).all():
                raise ValueError("y_pred is so far from y_true that their difference is not finite")
            fourth = np.minimum((d * d) ** 2, np.finfo(np.float64).max)
        return self.merge(
            Residuals(
                Mass.of(w, len(y)),
                total(np.abs(d)) if w is None else dot(w, np.abs(d)),
                dot(d, d) if w is None else triple(w, d, d),
                total(fourth) if w is None else dot(w, fourth),
                total(y) if w is None else dot(w, y),
                dot(y, y) if w is None else triple(w, y, y),
            )
        )

    def merge(self, other: Residuals) -> Residuals:
        return Residuals(self.mass + other.mass, *(a + b for a, b in zip(self._sums(), other._sums(), strict=True)))

    def subtract(self, other: Residuals) -> Residuals:
        return Residuals(self.mass - other.mass, *(a - b for a, b in zip(self._sums(), other._sums(), strict=True)))

    def _sums(self) -> tuple[Exact, ...]:
        return self.absolute, self.squared, self.fourth, self.truth, self.truth_squared

    def to_bytes(self) -> bytes:
        out = Writer(self.KIND)
        _put_mass(out, self.mass)
        for value in self._sums():
            out.exact(value)
        return out.done()

    @classmethod
    def from_bytes(cls, data: bytes) -> Residuals:
        """Raises UnreadableState when the bytes are not such a state."""
        source = Reader(data, cls.KIND)
        state = cls(_take_mass(source), *(source.exact() for _ in range(5)))
        source.done()
        return state


AnyState = Confusion | Residuals

_STATES: dict[str, type[Confusion] | type[Residuals]] = {
    "binary": Confusion,
    "multiclass": Confusion,
    "regression": Residuals,
}


def zero(task: str) -> AnyState | None:
    """The empty state of a task; None for tasks without a state yet."""
    kind = _STATES.get(task)
    return None if kind is None else kind()


def state_of(data: bytes) -> AnyState:
    """The state encoded in bytes. Raises UnreadableState when this program cannot read them."""
    kind: type[Confusion] | type[Residuals] = Residuals if data[1:2] == Residuals.KIND.encode() else Confusion
    return kind.from_bytes(data)


def as_floats(name: str, values: Sequence[float] | Floats) -> Floats:
    """A one-dimensional float64 array. Raises ValueError naming the field and the first bad row."""
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1:
        raise ValueError(f"{name} must be one list of numbers")
    finite = np.isfinite(array)
    if not finite.all():
        raise ValueError(f"{name}[{int(np.argmin(finite))}] is not a finite number")
    return array


def as_weights(weights: Sequence[float] | Floats | None, rows: int) -> Floats | None:
    """Weights as floats >= 0, None when every row weighs 1. Raises ValueError naming the first bad row."""
    if weights is None:
        return None
    array = as_floats("weights", weights)
    if len(array) != rows:
        raise ValueError(f"weights has {len(array)} rows, y_true {rows}")
    if len(array) and (array < 0).any():
        raise ValueError(f"weights[{int(np.argmax(array < 0))}] is negative")
    return None if (array == 1.0).all() else array


def _put_mass(out: Writer, mass: Mass) -> None:
    out.integer(mass.rows)
    out.exact(mass.weight)
    out.exact(mass.square)


def _take_mass(source: Reader) -> Mass:
    return Mass(source.integer(), source.exact(), source.exact())
