"""Arrays to measure: normal ones from seeds, and the edges where metrics go wrong."""

from typing import Any, NamedTuple

import numpy as np


class Case(NamedTuple):
    name: str
    y_true: list[Any]
    y_pred: list[Any]
    weights: list[float] | None = None
    positive: str | None = None


def _classes(name: str, classes: list[str], rows: int, seed: int, *, right: float = 0.7, weighted: str = "") -> Case:
    rng = np.random.default_rng(seed)
    truth = rng.choice(classes, rows)
    predicted = np.where(rng.random(rows) < right, truth, rng.choice(classes, rows))
    return Case(name, truth.tolist(), predicted.tolist(), _weights(weighted, rng, rows))


def _weights(kind: str, rng: np.random.Generator, rows: int) -> list[float] | None:
    match kind:
        case "fractions":
            return [float(w) for w in rng.random(rows)]
        case "zeros":
            return [float(w) for w in rng.integers(0, 2, rows)]
        case "scales":
            return [float(w) for w in 10.0 ** rng.uniform(-6, 6, rows)]
    return None


def binary() -> list[Case]:
    yes_no = ["no", "yes"]
    return [
        *(_classes(f"random rows, seed {seed}", yes_no, rows, seed) for seed, rows in enumerate((2, 10, 1000, 20000))),
        *(_classes(f"weights: {kind}", yes_no, 500, 7, weighted=kind) for kind in ("fractions", "zeros", "scales")),
        _classes("all right", yes_no, 50, 1, right=1.0),
        Case("all wrong", ["no", "yes"] * 20, ["yes", "no"] * 20),
        Case("one row", ["yes"], ["yes"], positive="yes"),
        Case("no positive in truth", ["no"] * 10, ["no", "yes"] * 5, positive="yes"),
        Case("no positive predicted", ["no", "yes"] * 5, ["no"] * 10, positive="yes"),
        Case("no positive anywhere", ["no"] * 10, ["no"] * 10, positive="yes"),
        Case("only positives", ["yes"] * 10, ["yes"] * 10, positive="yes"),
        Case("first class is positive", ["a", "b", "a", "b"], ["a", "a", "b", "b"], positive="a"),
        Case("one positive in a million", ["yes"] + ["no"] * 99_999, ["yes"] * 3 + ["no"] * 99_997),
        Case("integers", [0, 1, 1, 0, 1], [0, 1, 0, 1, 1]),
        Case("positive rows without weight", ["yes", "no"] * 5, ["yes", "no"] * 5, [0.0, 1.0] * 5, "yes"),
    ]


def multiclass() -> list[Case]:
    five = ["a", "b", "c", "d", "ü"]
    return [
        *(_classes(f"random rows, seed {seed}", five, rows, seed) for seed, rows in enumerate((3, 10, 1000, 20000))),
        *(_classes(f"weights: {kind}", five, 500, 7, weighted=kind) for kind in ("fractions", "zeros", "scales")),
        _classes("hundred classes", [f"c{i}" for i in range(100)], 2000, 5),
        _classes("all right", five, 50, 1, right=1.0),
        Case("a class never predicted", ["a", "b", "c"] * 5, ["a", "b", "b"] * 5),
        Case("a class that does not occur", ["a", "b", "b"] * 5, ["a", "b", "c"] * 5),
        Case("nothing in common", ["a", "b"] * 5, ["c", "d"] * 5),
        Case("one class", ["a"] * 5, ["a"] * 5),
        Case("one row", ["a"], ["b"]),
        Case("integers", [0, 1, 2, 10], [0, 2, 1, 10]),
    ]


def _values(name: str, rows: int, seed: int, *, offset: float = 0.0, scale: float = 1.0, weighted: str = "") -> Case:
    rng = np.random.default_rng(seed)
    truth = offset + scale * rng.normal(size=rows)
    predicted = truth + scale * 0.3 * rng.normal(size=rows)
    return Case(name, truth.tolist(), predicted.tolist(), _weights(weighted, rng, rows))


def regression() -> list[Case]:
    return [
        *(_values(f"random rows, seed {seed}", rows, seed) for seed, rows in enumerate((2, 10, 1000, 20000))),
        *(_values(f"weights: {kind}", 500, 7, weighted=kind) for kind in ("fractions", "zeros", "scales")),
        _values("offset 1e6", 1000, 11, offset=1e6),
        _values("tiny numbers", 1000, 12, scale=1e-100),
        _values("large numbers", 1000, 13, scale=1e100),
        Case("one row", [1.0], [3.0]),
        Case("all right", [1.0, 2.0, 4.0], [1.0, 2.0, 4.0]),
        Case("worse than the mean", [1.0, 2.0, 3.0], [30.0, 20.0, 10.0]),
        Case("constant target", [2.0] * 5, [1.0, 2.0, 3.0, 4.0, 5.0]),
        Case("constant target, all right", [2.0] * 5, [2.0] * 5),
        Case("zeros", [0.0] * 4, [0.0, -0.0, 0.0, 1e-6]),
        Case("integers", [1, 2, 3, 4], [1, 3, 2, 4]),
        Case("one row with weight", [1.0, 2.0], [2.0, 2.0], [0.0, 3.0]),
    ]


CASES = {"binary": binary(), "multiclass": multiclass(), "regression": regression()}
