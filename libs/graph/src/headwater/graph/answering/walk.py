"""Breadth-first walks with a visited set: hop by hop, bounded, with an exact truncation flag.

One hop leads from data through a process to data, always through one flow: never through the job, which
would invent lineage (run 1: a to x, run 2: b to y, then a would reach y). Around models one hop is
dataset to model version (USED_IN), or model version to output (GENERATES).
"""

from collections.abc import Callable, Collection, Iterable, Sequence

from headwater.contracts.keys import Kind
from headwater.graph.answering.lookups import LinkRecord, NodeRecord, Reading, Step
from headwater.graph.deriving.changes import Interval, Link

PASSAGES = frozenset({"USED_IN", "GENERATES"})
ATTACHED = frozenset({"HAS_VERSION", "EVALUATED_BY", "TRAINS"})
_HOPS_THROUGH_HIDDEN = 4
# Look one hop past the last: enough to count the nodes there, not another walk.
_LOOKED_BEYOND = 500


def holds(valid: Sequence[Interval], as_of: int | None) -> bool:
    """Whether something is valid at a moment; None is now: not ended."""
    if as_of is None:
        return bool(valid) and valid[-1][1] is None
    return any(start <= as_of and (end is None or as_of < end) for start, end in valid)


class Walk:
    """The result of a walk: nodes, flows (with the sides walked) and links. `limit`: maximum of nodes that count.

    `all_count`: `counts` is true of every node, so that none need be looked up to be counted.

    `cut`: nodes reached and left out because of the limit. `beyond`: nodes one hop past the depth. Both contain nodes
    that count, and are what is known to be missing: there may be more behind them.
    """

    def __init__(
        self,
        reading: Reading,
        *,
        as_of: int | None,
        limit: int,
        counts: Callable[[NodeRecord], bool],
        all_count: bool = False,
    ) -> None:
        self._reading = reading
        self._as_of = as_of
        self._limit = limit
        self._counts = counts
        self._all_count = all_count
        self._counted = 0
        self.nodes: dict[str, NodeRecord] = {}
        self.flows: dict[str, Step] = {}
        self.links: dict[Link, LinkRecord] = {}
        self.truncated = False
        self.cut: set[str] = set()
        self.beyond: set[str] = set()

    def begin(self, node: NodeRecord) -> None:
        self.nodes[node.id] = node
        self._counted += self._counts(node)

    def go(self, seeds: Iterable[str], hops: int, *, down: bool) -> None:
        """Walk from the seeds, which are in the walk already, and look one hop past the last."""
        frontier = sorted(set(seeds))
        visited = set(frontier)
        for _ in range(hops):
            if not frontier:
                return
            reached = self._flow_step(frontier, down=down) + self._link_step(frontier, down=down)
            frontier = sorted(set(reached) - visited)
            visited.update(frontier)
        if frontier and not self.cut:
            self._look_beyond(frontier, down=down)

    def left_out(self) -> dict[str, int]:
        """How many nodes are known to be missing, by reason."""
        found = {"limit": len(self.cut - self.nodes.keys()), "depth": len(self.beyond - self.nodes.keys() - self.cut)}
        return {reason: count for reason, count in found.items() if count}

    def _look_beyond(self, frontier: Collection[str], *, down: bool) -> None:
        steps = [
            step
            for step in self._reading.expand(frontier, down=down, limit=_LOOKED_BEYOND)
            if step.flow not in self.flows and holds(step.valid, self._as_of)
        ]
        found = {n for step in steps for n in (step.process, *(step.outputs if down else step.inputs))}
        links = self._passages(frontier, down=down)
        found |= {link.target if down else link.source for link in links if self._held(link)}
        unknown = found - self.nodes.keys()
        if not self._all_count and unknown:
            records = self._reading.nodes(sorted(unknown)).values()
            unknown = {record.id for record in records if self._counts(record)}
        self.beyond |= unknown

    def _flow_step(self, frontier: Collection[str], *, down: bool) -> list[str]:
        allowance = self._limit * _HOPS_THROUGH_HIDDEN + 1_000
        steps = self._reading.expand(frontier, down=down, limit=allowance + 1)
        if len(steps) > allowance:
            self.truncated = True
            del steps[allowance:]
        return self.take(steps, down=down)

    def take(self, steps: Iterable[Step], *, down: bool) -> list[str]:
        """Add valid flows, with their processes and far sides. Returns the far nodes that are now in the walk."""
        steps = [s for s in steps if holds(s.valid, self._as_of)]
        self._fetch({n for s in steps for n in (s.process, *(s.outputs if down else s.inputs))})
        reached: list[str] = []
        for step in steps:
            far = step.outputs if down else step.inputs
            if not self._admit(step.process):
                self._leave_out(far)
                continue
            admitted = tuple(n for n in (sorted(far) if len(far) > 1 else far) if self._admit(n))
            reached += admitted
            near = step.inputs if down else step.outputs
            inputs, outputs = (near, admitted) if down else (admitted, near)
            more = step.valid, step.confirmed_at, step.last_run, step.last_at
            self._join(Step(step.flow, step.process, inputs, outputs, *more))
        return reached

    def _join(self, step: Step) -> None:
        old = self.flows.get(step.flow)
        if old is not None:
            step = step._replace(
                inputs=tuple(sorted({*old.inputs, *step.inputs})), outputs=tuple(sorted({*old.outputs, *step.outputs}))
            )
        self.flows[step.flow] = step

    def _link_step(self, frontier: Collection[str], *, down: bool) -> list[str]:
        found = self._passages(frontier, down=down)
        return self.take_links(found, far=lambda link: link.target if down else link.source)

    def _passages(self, frontier: Collection[str], *, down: bool) -> list[LinkRecord]:
        near = set(frontier)
        return [
            link
            for link in self._reading.links(frontier)
            if link.type in PASSAGES and (link.source if down else link.target) in near
        ]

    def _held(self, link: LinkRecord) -> bool:
        return self._as_of is None or link.since <= self._as_of

    def take_links(self, links: Iterable[LinkRecord], *, far: Callable[[LinkRecord], str]) -> list[str]:
        """Add valid links, with their far ends."""
        held = sorted(filter(self._held, links))
        self._fetch({far(link) for link in held})
        reached = []
        for link in held:
            if self._admit(far(link)):
                self.links[link.link] = link
                reached.append(far(link))
        return reached

    def attach(self) -> None:
        """Add to each model version its model, its metrics, and the job that trained it."""
        versions = {n.id for n in self.nodes.values() if n.kind == Kind.MODEL_VERSION.value}
        if versions:
            found = [link for link in self._reading.links(sorted(versions)) if link.type in ATTACHED]
            self.take_links(found, far=lambda link: link.source if link.target in versions else link.target)

    def _fetch(self, ids: set[str]) -> None:
        """Look up the nodes that are new; whether they are admitted is decided one by one."""
        missing = sorted(ids - self.nodes.keys())
        self._waiting = self._reading.nodes(missing) if missing else {}

    def _leave_out(self, nodes: Iterable[str]) -> None:
        """Nodes behind a process that the limit left out."""
        records = (self._waiting.get(node) for node in nodes if node not in self.nodes)
        everything, counts = self._all_count, self._counts
        self.cut.update([record.id for record in records if record is not None and (everything or counts(record))])

    def _admit(self, node: str) -> bool:
        if node in self.nodes:
            return True
        record = self._waiting.get(node)
        if record is None:
            return False
        if self._all_count or self._counts(record):
            if self._counted >= self._limit:
                self.truncated = True
                self.cut.add(node)
                return False
            self._counted += 1
        elif len(self.nodes) - self._counted > self._limit * _HOPS_THROUGH_HIDDEN + 1_000:
            self.truncated = True
            return False
        self.nodes[node] = record
        return True
