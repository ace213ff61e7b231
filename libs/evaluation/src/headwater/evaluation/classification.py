"""Formulas over a confusion: each reads exact weights and rounds once.

TP, FP, FN: weight of rows of the positive class predicted so, of others predicted so, of the class predicted
otherwise. Weights are sums without error, so a value is the float nearest to the true quotient.
"""

from __future__ import annotations

from collections.abc import Callable
from math import fsum
from typing import NamedTuple

from headwater.evaluation.estimate import Outcome, Parameters, undefined
from headwater.evaluation.exact import ratio
from headwater.evaluation.intervals import effective_size, wilson
from headwater.evaluation.labels import binary_labels
from headwater.evaluation.states import EMPTY, Confusion, Mass


class Margins(NamedTuple):
    """One class against all others."""

    tp: Mass
    fp: Mass
    fn: Mass


def accuracy(state: Confusion, _: Parameters) -> Outcome:
    """Share of the weight on the diagonal."""
    right = whole = EMPTY
    for (true, predicted), mass in state.cells.items():
        whole += mass
        if true == predicted:
            right += mass
    return _proportion(right, whole)


def precision(state: Confusion, parameters: Parameters) -> Outcome:
    """TP / (TP + FP)."""
    return _of_positive(state, parameters, lambda m: _proportion(m.tp, m.tp + m.fp))


def recall(state: Confusion, parameters: Parameters) -> Outcome:
    """TP / (TP + FN)."""
    return _of_positive(state, parameters, lambda m: _proportion(m.tp, m.tp + m.fn))


def f1(state: Confusion, parameters: Parameters) -> Outcome:
    """2 TP / (2 TP + FP + FN)."""
    return _of_positive(state, parameters, _f1)


def precision_macro(state: Confusion, _: Parameters) -> Outcome:
    """Mean of the precision of each class that was predicted."""
    return _macro(state, lambda m: _proportion(m.tp, m.tp + m.fp))


def recall_macro(state: Confusion, _: Parameters) -> Outcome:
    """Mean of the recall of each class that occurs."""
    return _macro(state, lambda m: _proportion(m.tp, m.tp + m.fn))


def f1_macro(state: Confusion, _: Parameters) -> Outcome:
    """Mean of the F1 of each class that occurs or was predicted."""
    return _macro(state, _f1)


def _proportion(part: Mass, whole: Mass) -> Outcome:
    if not whole.weight:
        return undefined("zero_denominator")
    value = ratio(part.weight, whole.weight)
    return Outcome(value, interval=wilson(value, effective_size(whole)))


def _f1(margins: Margins) -> Outcome:
    """F1 = 2 J / (1 + J) grows with the Jaccard index J = TP / (TP + FP + FN), a proportion: so do its bounds."""
    union = margins.tp + margins.fp + margins.fn
    if not union.weight:
        return undefined("zero_denominator")
    value = ratio(margins.tp.weight + margins.tp.weight, margins.tp.weight + union.weight)
    jaccard = wilson(ratio(margins.tp.weight, union.weight), effective_size(union))
    if jaccard is None:
        return Outcome(value)
    lower, upper = (2 * j / (1 + j) for j in jaccard)
    return Outcome(value, interval=(min(lower, value), max(upper, value)))


def _of_positive(state: Confusion, parameters: Parameters, formula: Callable[[Margins], Outcome]) -> Outcome:
    pair = binary_labels(parameters.labels, parameters.positive, (label for cell in state.cells for label in cell))
    if pair is None:
        return undefined("one_class")
    return formula(_margins(state).get(pair[1], Margins(EMPTY, EMPTY, EMPTY)))


def _macro(state: Confusion, formula: Callable[[Margins], Outcome]) -> Outcome:
    values = [v for m in _margins(state).values() if (v := formula(m).value) is not None]
    return Outcome(fsum(values) / len(values)) if values else undefined("zero_denominator")


def _margins(state: Confusion) -> dict[str, Margins]:
    found: dict[str, Margins] = {}
    none = Margins(EMPTY, EMPTY, EMPTY)
    for (true, predicted), mass in state.cells.items():
        at = found.get(true, none)
        if true == predicted:
            found[true] = at._replace(tp=at.tp + mass)
        else:
            found[true] = at._replace(fn=at.fn + mass)
            at = found.get(predicted, none)
            found[predicted] = at._replace(fp=at.fp + mass)
    return found
