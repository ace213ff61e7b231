"""Column lineage around one dataset or column. Hidden datasets end the walk and are not shown."""

import msgspec

from headwater.contracts.api.graph import ColumnEdge, ColumnScene
from headwater.contracts.identity import Visible
from headwater.graph.answering.lookups import ColumnRecord, NodeRecord, Reading
from headwater.graph.answering.scene import find_shown
from headwater.graph.answering.shapes import node_of
from headwater.graph.answering.walk import holds

_EDGES_A_NODE = 50
Place = tuple[str, str | None]
"""A dataset and one of its columns (None: the dataset as a whole)."""


def draw_columns(
    reading: Reading,
    focus: str,
    column: str | None,
    *,
    up: int,
    down: int,
    as_of: int | None,
    limit: int,
    visible: Visible,
) -> ColumnScene | None:
    """None when the focus does not exist or is hidden. `limit`: datasets."""
    start = find_shown(reading, focus)
    if start is None or not visible.allows(start.key.namespace):
        return None
    walk = _ColumnWalk(reading, as_of, limit, visible, start)
    walk.go((start.id, column), down, down=True)
    walk.go((start.id, column), up, down=False)
    return ColumnScene(
        focus=start.id,
        column=column,
        nodes=[node_of(n) for n in sorted(walk.nodes.values(), key=lambda n: (n.id != start.id, n.id))],
        edges=[_edge(record) for record in sorted(walk.edges, key=_by_ends)],
        truncated=walk.truncated,
    )


class _ColumnWalk:
    def __init__(self, reading: Reading, as_of: int | None, limit: int, visible: Visible, start: NodeRecord) -> None:
        self._reading = reading
        self._as_of = as_of
        self._limit = limit
        self._visible = visible
        self.nodes = {start.id: start}
        self.edges: dict[ColumnRecord, None] = {}
        self.truncated = False

    def go(self, start: Place, hops: int, *, down: bool) -> None:
        frontier, visited = {start}, {start}
        for _ in range(hops):
            found = self._found(sorted({dataset for dataset, _ in frontier}), down=down)
            reached: set[Place] = set()
            for record in found:
                near = (record.source, record.source_column) if down else (record.target, record.target_column)
                far = (record.target, record.target_column) if down else (record.source, record.source_column)
                if _meets(near, frontier) and self._admit(far[0]):
                    self.edges[record._replace(valid=())] = None
                    reached.add(far)
            frontier = reached - visited
            visited |= frontier
            if not frontier:
                return

    def _found(self, datasets: list[str], *, down: bool) -> list[ColumnRecord]:
        allowance = self._limit * _EDGES_A_NODE
        found = self._reading.columns_at(datasets, down=down, limit=allowance + 1)
        if len(found) > allowance:
            self.truncated = True
        found = [r for r in found[:allowance] if holds(r.valid, self._as_of)]
        far = {r.target if down else r.source for r in found} - self.nodes.keys()
        self._waiting = self._reading.nodes(sorted(far)) if far else {}
        return found

    def _admit(self, node: str) -> bool:
        if node in self.nodes:
            return True
        record = self._waiting.get(node)
        if record is None or not self._visible.allows(record.key.namespace):
            return False
        if len(self.nodes) >= self._limit:
            self.truncated = True
            return False
        self.nodes[node] = record
        return True


def _meets(near: Place, frontier: set[Place]) -> bool:
    """Whether an end of an edge matches the frontier: equal columns, or either is the dataset as a whole."""
    dataset, column = near
    if (dataset, column) in frontier or (dataset, None) in frontier:
        return True
    return column is None and any(d == dataset for d, _ in frontier)


def _by_ends(record: ColumnRecord) -> tuple[str, str, str, str, bytes]:
    return (
        record.source,
        record.source_column or "",
        record.target,
        record.target_column or "",
        record.transformations,
    )


def _edge(record: ColumnRecord) -> ColumnEdge:
    return ColumnEdge(
        from_dataset=record.source,
        from_column=record.source_column,
        to_dataset=record.target,
        to_column=record.target_column,
        transformations=msgspec.json.decode(record.transformations),
    )
