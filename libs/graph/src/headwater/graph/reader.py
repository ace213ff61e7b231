"""Every question of the port, answered from a store's look-ups. A store inherits this and adds `reading`."""

from collections.abc import Collection, Iterator
from typing import Any

import msgspec

from headwater.contracts.api.graph import (
    ColumnScene,
    GraphStats,
    NodeDetail,
    RunDetail,
    RunEvent,
    RunPage,
    RunSummary,
    Scene,
    SchemaColumn,
    SearchPage,
)
from headwater.contracts.api.models import ModelDetail, ModelPage
from headwater.contracts.identity import Visible
from headwater.contracts.keys import Kind, node_id
from headwater.contracts.lineage import SchemaFacet
from headwater.contracts.times import format_instant
from headwater.graph.cards import DocumentationFacet, OwnershipFacet
from headwater.graph.columnwalk import draw_columns
from headwater.graph.cursors import read_cursor, write_cursor
from headwater.graph.export import export_lines
from headwater.graph.facts import EntityKey
from headwater.graph.folding import order_key
from headwater.graph.modelreads import model_detail, model_page
from headwater.graph.port import SceneQuery
from headwater.graph.reading import NodeRecord, Prefixes, Reading, RunFilter, RunRecord
from headwater.graph.scene import draw_scene, find_shown
from headwater.graph.shapes import node_fields, node_of, run_fields, run_summary
from headwater.graph.states import decode_core, decode_run_facets

_RUNS_SHOWN = 20
_CHILDREN_SHOWN = 100
_EDGE_TYPES = frozenset({"FEEDS", "YIELDS", "USED_IN", "TRAINS", "HAS_VERSION", "GENERATES", "EVALUATED_BY"})
_json = msgspec.json.decode


def prefixes_of(visible: Visible) -> Prefixes:
    return None if visible.everything else visible.prefixes


class Reader:
    """GraphReader over a `Reading`."""

    reading: Reading

    def get(self, node: str, *, visible: Visible) -> NodeDetail | None:
        with self.reading.moment():
            found = find_shown(self.reading, node)
            if found is None or not visible.allows(found.key.namespace):
                return None
            detail = self._detail(found, visible)
            if found.id != node:
                detail.merged_into = found.id
            return detail

    def find(self, kind: str, namespace: str, name: str, *, visible: Visible) -> NodeDetail | None:
        """`kind` Output and DataSource name the same node."""
        kept = Kind.DATA_SOURCE.value if kind == Kind.OUTPUT.value else kind
        return self.get(node_id(kept, namespace, name), visible=visible)

    def _detail(self, node: NodeRecord, visible: Visible) -> NodeDetail:
        facets = self._facets(node.id)
        detail = NodeDetail(**node_fields(node), facets=_without_hidden(_nested(facets), visible))
        detail.columns = _columns(facets.get("schema"))
        detail.owners = _owners(facets.get("ownership"))
        detail.description = _description(facets.get("documentation"))
        if node.kind == Kind.ETL_PROCESS.value:
            query = RunFilter(node.id, None, None, None, None)
            found = self.reading.list_runs(query, namespaces=prefixes_of(visible), limit=_RUNS_SHOWN)
            detail.runs = [run_summary(run) for run in found]
        if node.kind == Kind.ML_MODEL.value:
            ends = [link.target for link in self.reading.links([node.id]) if link.type == "HAS_VERSION"]
            found_nodes = self.reading.nodes(ends).values()
            detail.versions = [node_of(n) for n in sorted(found_nodes, key=lambda n: (-n.first_seen, n.key.name))]
        detail.last_confirmed_run = self._last_confirmed(node)
        return detail

    def _facets(self, node: str) -> dict[str, bytes]:
        """A node's facets; what only another name of it carries comes from there."""
        aliases = self.reading.aliases(node)
        found: dict[str, dict[str, bytes]] = {}
        for owner, name, value in self.reading.facets([node, *aliases]):
            found.setdefault(owner, {})[name] = value
        merged: dict[str, bytes] = {}
        for owner in (*sorted(aliases, reverse=True), node):
            merged |= found.get(owner, {})
        return merged

    def _last_confirmed(self, node: NodeRecord) -> str | None:
        if node.kind == Kind.ETL_PROCESS.value:
            steps = self.reading.steps_of(node.id, limit=1_000)
        elif node.key.kind == Kind.DATA_SOURCE.value:
            steps = [
                *self.reading.expand([node.id], down=False, limit=1_000),
                *self.reading.expand([node.id], down=True, limit=1_000),
            ]
        else:
            return None
        marks = [(s.last_at, s.last_run) for s in steps if s.last_at is not None and s.last_run is not None]
        return max(marks)[1] if marks else None

    def search(
        self,
        text: str,
        *,
        kinds: Collection[str] = (),
        namespace: str | None = None,
        limit: int = 20,
        cursor: str | None = None,
        visible: Visible,
    ) -> SearchPage:
        found = self.reading.search_nodes(
            text.casefold(),
            kinds=kinds,
            namespace=namespace,
            namespaces=prefixes_of(visible),
            after=read_cursor(cursor, tuple[int, str, str, str]),
            limit=limit + 1,
        )
        page, more = found[:limit], len(found) > limit
        mark = None
        if more and page:
            node = page[-1].node
            mark = write_cursor((page[-1].rank, order_key(node.key.name), node.key.namespace, node.id))
        return SearchPage(items=[node_of(hit.node) for hit in page], next_cursor=mark)

    def scene(self, query: SceneQuery, *, visible: Visible) -> Scene | None:
        with self.reading.moment():
            return draw_scene(self.reading, query, visible)

    def columns(
        self, focus: str, column: str | None, *, up: int, down: int, as_of: int | None, limit: int, visible: Visible
    ) -> ColumnScene | None:
        with self.reading.moment():
            return draw_columns(
                self.reading, focus, column, up=up, down=down, as_of=as_of, limit=limit, visible=visible
            )

    def runs(
        self,
        *,
        job: str | None = None,
        state: str | None = None,
        since: int | None = None,
        until: int | None = None,
        limit: int = 50,
        cursor: str | None = None,
        visible: Visible,
    ) -> RunPage:
        after = read_cursor(cursor, tuple[int, str])
        query = RunFilter(job, state, since, until, after)
        found = self.reading.list_runs(query, namespaces=prefixes_of(visible), limit=limit + 1)
        page = found[:limit]
        mark = write_cursor((page[-1].seen, page[-1].id)) if page and len(found) > limit else None
        return RunPage(items=[run_summary(run) for run in page], next_cursor=mark)

    def run(self, node: str, *, visible: Visible) -> RunDetail | None:
        with self.reading.moment():
            return self._run(node, visible)

    def _run(self, node: str, visible: Visible) -> RunDetail | None:
        record = self.reading.run_records([node]).get(node)
        stored = self.reading.run_state(node)
        if record is None or stored is None or not visible.allows(record.namespace):
            return None
        core, facets = decode_core(stored[0]), decode_run_facets(stored[1])
        named = {name: raw for name, (_, _, raw) in facets.items() if raw is not None}
        return RunDetail(
            **run_fields(record),
            events=[
                RunEvent(event_time=format_instant(time), type=kind, producer=producer)
                for time, _, kind, producer in sorted((t, e, k or "", p) for e, (t, k, p) in core.events.items())
            ],
            facets=_without_hidden(_nested(named), visible),
            inputs=self._datasets(core.inputs, visible),
            outputs=self._datasets(core.outputs, visible),
            parent=self._parent(record, visible),
            children=[
                run_summary(child)
                for child in self.reading.children(node, limit=_CHILDREN_SHOWN)
                if visible.allows(child.namespace)
            ],
        )

    def _datasets(self, keys: Collection[EntityKey], visible: Visible) -> list[Any]:
        """The visible ones, under the names they appear by."""
        ids = [node_id(Kind.DATA_SOURCE.value, *key) for key in sorted(keys)]
        found = self.reading.nodes(ids)
        targets = self.reading.nodes([n.merged_into for n in found.values() if n.merged_into is not None])
        shown = {}
        for node in found.values():
            record = targets.get(node.merged_into, node) if node.merged_into else node
            if visible.allows(record.key.namespace):
                shown[record.id] = node_of(record)
        return sorted(shown.values(), key=lambda n: (n.namespace, n.name))

    def _parent(self, run: RunRecord, visible: Visible) -> RunSummary | None:
        if run.parent is None:
            return None
        parent = self.reading.run_records([run.parent]).get(run.parent)
        return run_summary(parent) if parent is not None and visible.allows(parent.namespace) else None

    def models(
        self, *, text: str | None = None, limit: int = 50, cursor: str | None = None, visible: Visible
    ) -> ModelPage:
        with self.reading.moment():
            return model_page(self.reading, text or "", limit=limit, cursor=cursor, namespaces=prefixes_of(visible))

    def model(self, node: str, *, visible: Visible) -> ModelDetail | None:
        with self.reading.moment():
            return model_detail(self.reading, node, visible)

    def stats(self, *, visible: Visible) -> GraphStats:
        nodes: dict[str, int] = {}
        edges: dict[str, int] = {}
        for (what, namespace), amount in self.reading.tallies().items():
            if amount and visible.allows(namespace):
                kept = edges if what in _EDGE_TYPES else nodes
                kept[what] = kept.get(what, 0) + amount
        return GraphStats(
            nodes=dict(sorted(nodes.items())), edges=dict(sorted(edges.items())), change=self.reading.change()
        )

    def change(self) -> int:
        return self.reading.change()

    def export(self) -> Iterator[bytes]:
        with self.reading.moment():
            return export_lines(self.reading)


def _nested(facets: dict[str, bytes]) -> dict[str, Any]:
    """Facets under their names; those kept for inputs and outputs under `inputFacets` and `outputFacets`."""
    result: dict[str, Any] = {}
    for name, raw in sorted(facets.items()):
        side, *rest = name.split("\0")
        if not rest:
            result[name] = _json(raw)
        else:
            group = result.setdefault({"in": "inputFacets", "out": "outputFacets"}.get(side, side), {})
            group[" ".join(rest)] = _json(raw)
    return result


_NAMES_OTHERS = ("columnLineage", "lineage", "symlinks", "lifecycleStateChange", "parent", "jobDependencies")


def _without_hidden(facets: dict[str, Any], visible: Visible) -> dict[str, Any]:
    """Facets that name something the asker may not see say so instead of naming it."""
    if visible.everything:
        return facets
    return {
        name: {"redacted": "names what you may not see"}
        if name in _NAMES_OTHERS and _names_hidden(value, visible)
        else value
        for name, value in facets.items()
    }


def _names_hidden(value: Any, visible: Visible) -> bool:
    if isinstance(value, dict):
        namespace = value.get("namespace")
        if isinstance(namespace, str) and not visible.allows(namespace):
            return True
        return any(_names_hidden(v, visible) for v in value.values())
    return isinstance(value, list) and any(_names_hidden(v, visible) for v in value)


def _columns(raw: bytes | None) -> list[SchemaColumn]:
    try:
        fields = _json(raw, type=SchemaFacet).fields if raw is not None else []
    except msgspec.MsgspecError:
        return []
    return [SchemaColumn(name=f.name, type=f.type, description=f.description) for f in fields]


def _owners(raw: bytes | None) -> list[str]:
    try:
        return [owner.name for owner in _json(raw, type=OwnershipFacet).owners] if raw is not None else []
    except msgspec.MsgspecError:
        return []


def _description(raw: bytes | None) -> str | None:
    try:
        return _json(raw, type=DocumentationFacet).description if raw is not None else None
    except msgspec.MsgspecError:
        return None
