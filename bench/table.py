"""One row per figure: what, the figure, its target, and how it was measured."""

from collections.abc import Iterable
from typing import NamedTuple


class Figure(NamedTuple):
    """`target`: text such as ">= 10,000"; `met`: None without a target."""

    what: str
    value: str
    target: str = ""
    met: bool | None = None
    note: str = ""


def at_least(what: str, value: float, target: float | None, unit: str, note: str = "") -> Figure:
    return _judged(what, value, target, unit, note, ">=", target is not None and value >= target)


def at_most(what: str, value: float, target: float | None, unit: str, note: str = "") -> Figure:
    return _judged(what, value, target, unit, note, "<=", target is not None and value <= target)


def _judged(what: str, value: float, target: float | None, unit: str, note: str, sign: str, met: bool) -> Figure:
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    shown = f"{value:,.{digits}f} {unit}"
    if target is None:
        return Figure(what, shown, "report", None, note)
    return Figure(what, shown, f"{sign} {target:,g}", met, note)


def print_table(title: str, figures: Iterable[Figure]) -> None:
    """Print a Markdown table row by row, ready to be pasted into docs/evidence."""
    print(f"\n### {title}\n\n| what | figure | target | met | how |\n|---|---|---|---|---|", flush=True)
    for figure in figures:
        met = {True: "yes", False: "**no**", None: ""}[figure.met]
        print(f"| {figure.what} | {figure.value} | {figure.target} | {met} | {figure.note} |", flush=True)
