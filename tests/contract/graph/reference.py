"""A reference implementation of walks: what a scene must contain, over plain sets."""

from collections.abc import Iterable, Set
from typing import NamedTuple


class Flow(NamedTuple):
    job: str
    inputs: frozenset[str]
    outputs: frozenset[str]


def scene(flows: Iterable[Flow], focus: str, *, up: int, down: int) -> tuple[set[str], set[tuple[str, str, str]]]:
    """(names, edges) around a dataset."""
    listed = list(flows)
    nodes, edges = {focus}, set()
    for hops, forward in ((down, True), (up, False)):
        frontier, seen = {focus}, {focus}
        for _ in range(hops):
            reached: set[str] = set()
            for flow in listed:
                near, far = (flow.inputs, flow.outputs) if forward else (flow.outputs, flow.inputs)
                met = near & frontier
                if met:
                    nodes |= {flow.job} | far
                    edges |= _edges(flow, met if forward else far, far if forward else met)
                    reached |= far
            frontier = reached - seen
            seen |= frontier
    return nodes, edges


def _edges(flow: Flow, inputs: Set[str], outputs: Set[str]) -> set[tuple[str, str, str]]:
    return {(name, "TRANSFORMED_BY", flow.job) for name in inputs} | {(flow.job, "PRODUCES", name) for name in outputs}
