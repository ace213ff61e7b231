"""Metrics: mergeable states, a catalogue of definitions, intervals, and `evaluate` over arrays.

Pure: numbers in, numbers out. The metrics engine keeps the states by window; the API and the command line
evaluate arrays; both finalise the same definitions, so their values are equal to the last bit.
"""

from headwater.evaluation.catalogue import Estimate, Metric, Parameters, defaults, definition_id, metric, metrics
from headwater.evaluation.codec import UnreadableState
from headwater.evaluation.evaluate import evaluate, finalise
from headwater.evaluation.labels import as_label, binary_labels
from headwater.evaluation.states import State, state_of, zero

__all__ = [
    "Estimate",
    "Metric",
    "Parameters",
    "State",
    "UnreadableState",
    "as_label",
    "binary_labels",
    "defaults",
    "definition_id",
    "evaluate",
    "finalise",
    "metric",
    "metrics",
    "state_of",
    "zero",
]
