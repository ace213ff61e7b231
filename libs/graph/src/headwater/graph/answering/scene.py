"""The scene for graph and table views: a walk, limited to what the principal may see.

Hidden nodes and processes become one anonymous `restricted` node per connected part; kinds that were filtered out are
bridged by `LEADS_TO` edges. Both are computed on flows, not on jobs, so that neither connects what no flow connects.
"""

from collections.abc import Sequence

from headwater.contracts.api.graph import Edge, Node, Scene
from headwater.contracts.identity import Visible
from headwater.contracts.keys import Kind
from headwater.contracts.times import format_instant
from headwater.graph.answering.lookups import NodeRecord, Reading
from headwater.graph.answering.shapes import edge_into, node_of, valid_of
from headwater.graph.answering.walk import Walk
from headwater.graph.deriving.changes import Interval
from headwater.graph.port import SceneQuery
from headwater.graph.state.timeline import united

_PROCESS = Kind.ETL_PROCESS.value


def draw_scene(reading: Reading, query: SceneQuery, visible: Visible) -> Scene | None:
    """The neighbourhood of the focus; None when it does not exist or is hidden."""
    focus = find_shown(reading, query.focus)
    if focus is None or not visible.allows(focus.key.namespace):
        return None

    def counts(node: NodeRecord) -> bool:
        return visible.allows(node.key.namespace) and (not query.kinds or node.kind in query.kinds)

    everything = visible.everything and not query.kinds
    walk = Walk(reading, as_of=query.as_of, limit=query.limit, counts=counts, all_count=everything)
    walk.begin(focus)
    _walk_from(reading, walk, focus, query)
    walk.attach()
    return _Drawing(walk, query, visible, focus.id).scene()


def find_shown(reading: Reading, node: str) -> NodeRecord | None:
    """A node by id; another name of a node resolves to that node."""
    record = reading.nodes([node]).get(node)
    if record is not None and record.merged_into is not None:
        return reading.nodes([record.merged_into]).get(record.merged_into)
    return record


def _walk_from(reading: Reading, walk: Walk, focus: NodeRecord, query: SceneQuery) -> None:
    """Hops start at the data next to the focus: a job's flows, a model's versions, a metric's version."""
    if focus.kind == _PROCESS:
        _walk_from_job(reading, walk, focus, query)
        return
    seeds = [focus.id]
    if focus.kind in (Kind.ML_MODEL.value, Kind.EVALUATION_METRIC.value):
        found = [link for link in reading.links([focus.id]) if link.type in ("HAS_VERSION", "EVALUATED_BY")]
        seeds = walk.take_links(found, far=lambda link: link.target if link.source == focus.id else link.source)
    if query.down > 0:
        walk.go(seeds, query.down, down=True)
    if query.up > 0:
        walk.go(seeds, query.up, down=False)


def _walk_from_job(reading: Reading, walk: Walk, focus: NodeRecord, query: SceneQuery) -> None:
    steps = reading.steps_of(focus.id, limit=query.limit * 4 + 1_001)
    if len(steps) > query.limit * 4 + 1_000:
        walk.truncated = True
    trained = [link for link in reading.links([focus.id]) if link.type == "TRAINS"]
    if query.down > 0:
        seeds = walk.take([s._replace(inputs=()) for s in steps], down=True)
        seeds += walk.take_links(trained, far=lambda link: link.target)
        walk.go(seeds, query.down - 1, down=True)
    if query.up > 0:
        seeds = walk.take([s._replace(outputs=()) for s in steps], down=False)
        walk.go(seeds, query.up - 1, down=False)


class _Bond:
    """Edges between the same two drawn nodes, merged."""

    __slots__ = ("confirmed", "last", "valid")

    def __init__(self, valid: Sequence[Interval], confirmed: bool, last: tuple[int, str] | None) -> None:
        self.valid, self.confirmed, self.last = valid, confirmed, last

    def merge(self, valid: Sequence[Interval], confirmed: bool, last: tuple[int, str] | None) -> None:
        self.valid = [*self.valid, *valid]
        self.confirmed = self.confirmed or confirmed
        if last is not None and (self.last is None or last > self.last):
            self.last = last


class _Drawing:
    """Vertices are nodes and flows; each is drawn, bridged, or part of a restricted node."""

    def __init__(self, walk: Walk, query: SceneQuery, visible: Visible, focus: str) -> None:
        self._walk = walk
        self._query = query
        self._visible = visible
        self._focus = focus
        self._ahead: dict[str, dict[str, tuple[str, _Bond]]] = {}
        self._drawn: dict[str, str | None] = {}
        self._edges: dict[tuple[str, str, str], _Bond] = {}
        self._restricted: list[str] = []

    def scene(self) -> Scene:
        self._place()
        self._connect()
        hidden = self._restrict()
        self._join()
        shown = dict.fromkeys(d for d in self._drawn.values() if d is not None)
        nodes = [self._node(name) for name in shown]
        as_of = None if self._query.as_of is None else format_instant(self._query.as_of)
        return Scene(
            focus=self._focus,
            as_of=as_of,
            nodes=sorted(nodes, key=lambda n: (n.id != self._focus, n.id)),
            edges=[self._edge(*key, bond) for key, bond in sorted(self._edges.items(), key=lambda e: e[0])],
            hidden=self._walk.left_out() | ({"permission": hidden} if hidden else {}),
            truncated=self._walk.truncated,
        )

    def _place(self) -> None:
        """Decide how every vertex is drawn: as its node, None (bridged), or "" (hidden, grouped later)."""
        by_flows = {flow.process for flow in self._walk.flows.values()}
        by_flows -= {self._focus, *(link.source for link in self._walk.links.values())}
        everything = self._visible.everything and not self._query.kinds
        for node in self._walk.nodes.values():
            if node.kind != _PROCESS or node.id not in by_flows:
                self._drawn[node.id] = node.id if everything else self._as_drawn(node)
        for flow in self._walk.flows.values():
            process = self._walk.nodes[flow.process]
            if process.kind == _PROCESS:
                self._drawn["flow:" + flow.flow] = process.id if everything else self._as_drawn(process)

    def _as_drawn(self, node: NodeRecord) -> str | None:
        if not self._visible.allows(node.key.namespace):
            return ""
        kinds = self._query.kinds
        return node.id if node.id == self._focus or not kinds or node.kind in kinds else None

    def _connect(self) -> None:
        """The vertex graph, in the direction of the data."""
        for flow in self._walk.flows.values():
            process = self._walk.nodes[flow.process]
            args = (flow.valid, self._is_confirmed(flow.confirmed_at), _mark(flow.last_at, flow.last_run))
            if process.kind != _PROCESS:
                for source in flow.inputs:
                    for target in flow.outputs:
                        self._tie(source, target, "FEEDS", *args)
                continue
            vertex = "flow:" + flow.flow
            reads = edge_into(process.card)
            for source in flow.inputs:
                self._tie(source, vertex, reads, *args)
            for target in flow.outputs:
                self._tie(vertex, target, "PRODUCES", *args)
        for link in self._walk.links.values():
            if link.source in self._walk.nodes and link.target in self._walk.nodes:
                mark = _mark(link.since, link.last_run)
                self._tie(link.source, link.target, link.type, ((link.since, None),), True, mark)

    def _is_confirmed(self, at: int | None) -> bool:
        return at is not None and (self._query.as_of is None or at <= self._query.as_of)

    def _tie(
        self,
        source: str,
        target: str,
        kind: str,
        valid: Sequence[Interval],
        confirmed: bool,
        last: tuple[int, str] | None,
    ) -> None:
        targets = self._ahead.setdefault(source, {})
        known = targets.get(target)
        if known is None:
            targets[target] = (kind, _Bond(valid, confirmed, last))
        else:
            known[1].merge(valid, confirmed, last)

    def _restrict(self) -> int:
        """Group connected hidden vertices into parts, number the parts, and count the nodes they hide."""
        hidden = [v for v, drawn in self._drawn.items() if drawn == ""]
        if not hidden:
            return 0
        beside: dict[str, set[str]] = {}
        for source, targets in self._ahead.items():
            for target in targets:
                beside.setdefault(source, set()).add(target)
                beside.setdefault(target, set()).add(source)
        parts = _parts(set(hidden), beside)
        parts.sort(key=lambda part: sorted({n for v in part for n in beside.get(v, ()) if n not in part}))
        for number, part in enumerate(parts, 1):
            name = f"restricted-{number}"
            self._restricted.append(name)
            for vertex in part:
                self._drawn[vertex] = name
        nodes = {n.id for n in self._walk.nodes.values() if not self._visible.allows(n.key.namespace)}
        return len(nodes)

    def _join(self) -> None:
        """Edges between drawn vertices; LEADS_TO across bridged ones."""
        for source, targets in self._ahead.items():
            start = self._drawn.get(source)
            if start is None:
                continue
            for target, (kind, bond) in targets.items():
                end = self._drawn.get(target)
                if end is None:
                    for far in self._beyond(target):
                        self._draw((start, far, "LEADS_TO"), bond)
                elif (start, end, kind) in self._edges:
                    self._draw((start, end, kind), bond)
                elif start != end or start not in self._restricted:
                    self._edges[start, end, kind] = bond  # nobody else draws it, so that it needs no copy

    def _beyond(self, vertex: str) -> list[str]:
        found: dict[str, None] = {}
        seen, stack = {vertex}, [vertex]
        while stack:
            for target in self._ahead.get(stack.pop(), {}):
                drawn = self._drawn.get(target)
                if drawn is not None:
                    found[drawn] = None
                elif target not in seen:
                    seen.add(target)
                    stack.append(target)
        return list(found)

    def _draw(self, edge: tuple[str, str, str], bond: _Bond) -> None:
        if edge[0] == edge[1] and edge[0] in self._restricted:
            return
        kept = self._edges.get(edge)
        if kept is None:
            self._edges[edge] = _Bond(bond.valid, bond.confirmed, bond.last)
        else:
            kept.merge(bond.valid, bond.confirmed, bond.last)

    def _node(self, name: str) -> Node:
        if name in self._restricted:
            return Node(id=name, kind="restricted", namespace="", name="", label="restricted")
        return node_of(self._walk.nodes[name])

    def _edge(self, source: str, target: str, kind: str, bond: _Bond) -> Edge:
        hidden = bool(self._restricted) and (source in self._restricted or target in self._restricted)
        return Edge(
            from_=source,
            to=target,
            type=kind,
            valid=valid_of(united(bond.valid) if len(bond.valid) > 1 else bond.valid),
            confirmed=bond.confirmed,
            last_run=bond.last[1] if bond.last and not hidden else None,
        )


def _mark(at: int | None, run: str | None) -> tuple[int, str] | None:
    return None if at is None or run is None else (at, run)


def _parts(hidden: set[str], beside: dict[str, set[str]]) -> list[set[str]]:
    parts: list[set[str]] = []
    left = set(hidden)
    while left:
        stack = [left.pop()]
        part = set(stack)
        while stack:
            near = beside.get(stack.pop(), set()) & left
            left -= near
            part |= near
            stack += near
        parts.append(part)
    return parts
