"""The queries of the port, answered from a store's look-ups. A store inherits this and adds `reading`."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import msgspec

from headwater.contracts.api.graph import (
    ColumnScene,
    GraphStats,
    Node,
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
from headwater.contracts.cursors import CursorOf, RowId, Whole
from headwater.contracts.identity import Visible
from headwater.contracts.keys import Kind, node_id
from headwater.contracts.lineage import SchemaFacet
from headwater.contracts.times import format_instant
from headwater.graph.answering.columnwalk import draw_columns
from headwater.graph.answering.export import export_lines
from headwater.graph.answering.lookups import NodeRecord, Reading, RunFilter, RunRecord, Step
from headwater.graph.answering.modelreads import model_detail, model_page
from headwater.graph.answering.redaction import Redaction, redaction_for
from headwater.graph.answering.scene import draw_scene, find_shown
from headwater.graph.answering.searching import Question, namespaces_of, search_page
from headwater.graph.answering.shapes import node_fields, node_of, run_fields, run_node, run_summary
from headwater.graph.port import SceneQuery
from headwater.graph.state.cards import DocumentationFacet, OwnershipFacet
from headwater.graph.state.facts import EntityKey
from headwater.graph.state.states import decode_core, decode_run_facets

_RUNS_SHOWN = 20
_CHILDREN_SHOWN = 100
_RUNS_FOUND = 10
_RUN_CURSOR = CursorOf("runs", tuple[Whole, RowId])
_EDGE_TYPES = frozenset({"FEEDS", "YIELDS", "USED_IN", "TRAINS", "HAS_VERSION", "GENERATES", "EVALUATED_BY"})
_json = msgspec.json.decode


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

    def sees(self, node: str, *, visible: Visible) -> bool:
        with self.reading.moment():
            found = find_shown(self.reading, node)
        return found is not None and visible.allows(found.key.namespace)

    def find(self, kind: str, namespace: str, name: str, *, visible: Visible) -> NodeDetail | None:
        """`kind` Output and DataSource identify the same node."""
        kept = Kind.DATA_SOURCE.value if kind == Kind.OUTPUT.value else kind
        return self.get(node_id(kept, namespace, name), visible=visible)

    def _redaction(self, visible: Visible, neighbours: Collection[str] = ()) -> Redaction:
        return redaction_for(self.reading, visible, neighbours)

    def _detail(self, node: NodeRecord, visible: Visible) -> NodeDetail:
        steps = self._steps_beside(node)
        redaction = self._redaction(visible, self._hidden_beside(steps, visible))
        facets = self._facets(node.id)
        reasons = redaction.reasons(facets)
        detail = NodeDetail(**node_fields(node), facets=_nested(facets, reasons, redaction))
        redaction.card(detail)
        served = {name: raw for name, raw in facets.items() if name not in reasons}
        detail.columns = _columns(served.get("schema"))
        detail.owners = _owners(served.get("ownership"))
        detail.description = _description(served.get("documentation"))
        if node.kind == Kind.ETL_PROCESS.value:
            query = RunFilter(node.id, None, None, None, None)
            found = self.reading.list_runs(query, namespaces=namespaces_of(visible), limit=_RUNS_SHOWN)
            detail.runs = [run_summary(run) for run in found]
        if node.kind == Kind.ML_MODEL.value:
            ends = [link.target for link in self.reading.links([node.id]) if link.type == "HAS_VERSION"]
            found_nodes = self.reading.nodes(ends).values()
            newest = sorted(found_nodes, key=lambda n: (-n.first_seen, n.key.name))
            detail.versions = redaction.cards(map(node_of, newest))
        marks = [(s.last_at, s.last_run) for s in steps if s.last_at is not None and s.last_run is not None]
        detail.last_confirmed_run = max(marks)[1] if marks else None
        return detail

    def _hidden_beside(self, steps: Collection[Step], visible: Visible) -> list[str]:
        """Names of the data and processes at the other ends of these flows that the principal may not see."""
        if visible.everything:
            return []
        ends = {end for step in steps for end in (step.process, *step.inputs, *step.outputs)}
        found = self.reading.nodes(sorted(ends)).values()
        return [node.key.name for node in found if not visible.allows(node.key.namespace)]

    def _facets(self, node: str) -> dict[str, bytes]:
        """A node's facets, including those that only another name of it has."""
        aliases = self.reading.aliases(node)
        found: dict[str, dict[str, bytes]] = {}
        for owner, name, value in self.reading.facets([node, *aliases]):
            found.setdefault(owner, {})[name] = value
        merged: dict[str, bytes] = {}
        for owner in (*sorted(aliases, reverse=True), node):
            merged |= found.get(owner, {})
        return merged

    def _steps_beside(self, node: NodeRecord) -> list[Step]:
        if node.kind == Kind.ETL_PROCESS.value:
            return self.reading.steps_of(node.id, limit=1_000)
        if node.key.kind == Kind.DATA_SOURCE.value:
            return [
                *self.reading.expand([node.id], down=False, limit=1_000),
                *self.reading.expand([node.id], down=True, limit=1_000),
            ]
        return []

    def search(
        self,
        text: str,
        *,
        kinds: Collection[str] = (),
        namespace: str | None = None,
        statuses: Collection[str] = (),
        limit: int = 20,
        cursor: str | None = None,
        visible: Visible,
    ) -> SearchPage:
        question = Question(text.casefold(), tuple(sorted(kinds)), namespace, tuple(sorted(statuses)))
        page, mark = search_page(self.reading, question, limit=limit, cursor=cursor, visible=visible)
        cards = self._redaction(visible).cards(node_of(hit.node) for hit in page)
        wanted = cursor is None and text and (not kinds or Kind.RUN.value in kinds)
        runs = self._named_runs(text, question, visible) if wanted else []
        return SearchPage(items=[*runs, *cards], next_cursor=mark)

    def _named_runs(self, run_id: str, question: Question, visible: Visible) -> list[Node]:
        query = RunFilter(None, None, None, None, None, run_id)
        found = self.reading.list_runs(query, namespaces=namespaces_of(visible), limit=_RUNS_FOUND)
        beginning, states = question.namespace or "", question.statuses
        return [run_node(r) for r in found if r.namespace.startswith(beginning) and (not states or r.state in states)]

    def scene(self, query: SceneQuery, *, visible: Visible) -> Scene | None:
        with self.reading.moment():
            scene = draw_scene(self.reading, query, visible)
            if scene is not None:
                self._redaction(visible).cards(scene.nodes)
            return scene

    def columns(
        self, focus: str, column: str | None, *, up: int, down: int, as_of: int | None, limit: int, visible: Visible
    ) -> ColumnScene | None:
        with self.reading.moment():
            found = draw_columns(
                self.reading, focus, column, up=up, down=down, as_of=as_of, limit=limit, visible=visible
            )
            if found is not None:
                redaction = self._redaction(visible)
                redaction.cards(found.nodes)
                for edge in found.edges:
                    edge.transformations = [t for t in edge.transformations if not redaction.names(t)]
            return found

    def runs(
        self,
        *,
        run_id: str | None = None,
        job: str | None = None,
        state: str | None = None,
        since: int | None = None,
        until: int | None = None,
        limit: int = 50,
        cursor: str | None = None,
        visible: Visible,
    ) -> RunPage:
        selected = (run_id, job, state, since, until)
        after = _RUN_CURSOR.read(cursor, *selected)
        query = RunFilter(job, state, since, until, after, run_id)
        found = self.reading.list_runs(query, namespaces=namespaces_of(visible), limit=limit + 1)
        page = found[:limit]
        mark = None
        if page and len(found) > limit:
            mark = _RUN_CURSOR.write((page[-1].seen, page[-1].id), *selected)
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
        touched = {*core.inputs, *core.outputs}
        redaction = self._redaction(visible, [name for space, name in touched if not visible.allows(space)])
        return RunDetail(
            **run_fields(record),
            events=[
                RunEvent(
                    event_time=format_instant(time), type=kind, producer=None if redaction.names(producer) else producer
                )
                for time, _, kind, producer in sorted((t, e, k or "", p) for e, (t, k, p) in core.events.items())
            ],
            facets=_nested(named, redaction.reasons(named), redaction),
            inputs=redaction.cards(self._datasets(core.inputs, visible)),
            outputs=redaction.cards(self._datasets(core.outputs, visible)),
            parent=self._parent(record, visible),
            children=[
                run_summary(child)
                for child in self.reading.children(node, limit=_CHILDREN_SHOWN)
                if visible.allows(child.namespace)
            ],
        )

    def _datasets(self, keys: Collection[EntityKey], visible: Visible) -> list[Any]:
        """The visible ones, by their displayed names."""
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
            return model_page(self.reading, text or "", limit=limit, cursor=cursor, visible=visible)

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


def _nested(facets: dict[str, bytes], reasons: Mapping[str, str], redaction: Redaction) -> dict[str, Any]:
    """Facets by name; those of inputs and outputs in `inputFacets` and `outputFacets`.

    A facet that may not be served appears as redacted, named `restricted` where its name would reveal too much.
    """
    result: dict[str, Any] = {}
    for name, raw in sorted(facets.items()):
        side, *rest = name.split("\0")
        group, key = result, name
        if rest:
            group = result.setdefault({"in": "inputFacets", "out": "outputFacets"}.get(side, side), {})
            key = " ".join(rest)
        if name not in reasons:
            group[key] = _json(raw)
        else:
            key = "restricted" if rest or redaction.names(key) else key
            group[key] = {"redacted": True, "reason": reasons[name]}
    return result


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
