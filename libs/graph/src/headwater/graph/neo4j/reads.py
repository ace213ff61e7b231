"""The reading half: `lookups.Reading` as statements. Each look-up is one statement and reads one committed state."""

import threading
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from headwater.contracts.keys import Kind, NodeKey
from headwater.graph.answering.lookups import (
    ColumnRecord,
    Hit,
    LinkRecord,
    Namespaces,
    NodeRecord,
    RunFilter,
    RunRecord,
    Step,
)
from headwater.graph.deriving.changes import StoredNode
from headwater.graph.neo4j import values
from headwater.graph.neo4j.connection import Asking, Connection
from headwater.graph.state.folding import label_pieces

PAGE = 5_000
_RARE = frozenset({Kind.OUTPUT.value, Kind.ML_MODEL.value, Kind.MODEL_VERSION.value, Kind.EVALUATION_METRIC.value})
_CANDIDATES = 10_000


class Neo4jReading:
    """Look-ups through the calling thread's transaction inside `moment`, else each through one of its own."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._local = threading.local()

    @contextmanager
    def moment(self) -> Iterator[None]:
        """One transaction for all look-ups of this thread: Neo4j guarantees committed data, not one snapshot."""
        if getattr(self._local, "asking", None) is not None:
            yield
            return
        with self._connection.moment() as asking, self.inside(asking):
            yield

    @contextmanager
    def inside(self, asking: Asking) -> Iterator[None]:
        """Use an open transaction for all look-ups of this thread."""
        self._local.asking = asking
        try:
            yield
        finally:
            self._local.asking = None

    def _rows(self, name: str, **parameters: Any) -> list[Mapping[str, Any]]:
        asking: Asking | None = getattr(self._local, "asking", None)
        return self._alone(name, **parameters) if asking is None else asking.rows(name, **parameters)

    def _listed(self, name: str, **parameters: Any) -> list[Any]:
        """The rows of a statement that returns them as one list."""
        (found,) = self._rows(name, **parameters)
        rows: list[Any] = found["rows"]
        return rows

    def _alone(self, name: str, **parameters: Any) -> list[Mapping[str, Any]]:
        return self._connection.read(lambda asking: asking.rows(name, **parameters))

    def nodes(self, ids: Collection[str]) -> Mapping[str, NodeRecord]:
        rows = self._listed("nodes_by_id", ids=list(ids)) if ids else []
        return {
            node: NodeRecord(node, NodeKey(kind, namespace, name), *rest) for node, kind, namespace, name, *rest in rows
        }

    def states(self, ids: Collection[str]) -> Mapping[str, StoredNode]:
        found = self._rows("load_nodes", ids=list(ids))
        return {r["id"]: StoredNode(NodeKey(r["kind"], r["namespace"], r["name"]), r["state"]) for r in found}

    def facets(self, ids: Collection[str]) -> Iterable[tuple[str, str, bytes]]:
        return _facets(self._rows("facets_of_nodes", ids=list(ids)))

    def aliases(self, node: str) -> list[str]:
        return [r["id"] for r in self._rows("aliases_of_node", id=node)]

    def search_nodes(
        self,
        text: str,
        *,
        kinds: Collection[str],
        namespace: str | None,
        statuses: Collection[str],
        namespaces: Namespaces,
        after: tuple[int, str, str, str] | None,
        limit: int,
    ) -> list[Hit]:
        rank, folded, space, node = after or (-1, "", "", "")
        found = self._rows(
            _search(text, kinds, statuses),
            text=text,
            piece=label_pieces(text),
            kinds=sorted(kinds) if kinds else None,
            namespace=namespace,
            statuses=list(statuses),
            **_within(namespaces),
            rank=rank,
            folded=folded,
            after_namespace=space,
            after_id=node,
            candidates=_CANDIDATES,
            limit=limit,
        )
        return [Hit(r["rank"], values.node_record(r)) for r in found]

    def expand(self, nodes: Collection[str], *, down: bool, limit: int) -> list[Step]:
        name = "expand_down" if down else "expand_up"
        return [values.step(r) for r in self._listed(name, ids=list(nodes), limit=limit)]

    def steps_of(self, process: str, *, limit: int) -> list[Step]:
        return [values.step(r) for r in self._rows("flows_of_process", id=process, limit=limit)]

    def flows_by_id(self, flows: Collection[str]) -> list[Step]:
        return [values.step(r) for r in self._rows("flows_by_id", ids=list(flows))]

    def links(self, nodes: Collection[str]) -> list[LinkRecord]:
        return [values.link_record(r) for r in self._listed("links_of_nodes", ids=list(nodes))]

    def columns_at(self, nodes: Collection[str], *, down: bool, limit: int) -> list[ColumnRecord]:
        name = "columns_from" if down else "columns_into"
        return [_column(r) for r in self._rows(name, ids=list(nodes), limit=limit)]

    def list_runs(self, query: RunFilter, *, namespaces: Namespaces, limit: int) -> list[RunRecord]:
        until, after = query.after or (values.LAST if query.until is None else query.until, "")
        found = self._rows(
            _listing(query),
            run_id=query.run_id,
            job=query.job,
            state=query.state,
            since=-values.LAST if query.since is None else query.since,
            until=until,
            after=after,
            **_within(namespaces),
            limit=limit,
        )
        return [values.run_record(r) for r in found]

    def run_records(self, ids: Collection[str]) -> Mapping[str, RunRecord]:
        return {r["id"]: values.run_record(r) for r in self._rows("runs_by_id", ids=list(ids))}

    def run_state(self, run: str) -> tuple[bytes, bytes] | None:
        found = self._rows("run_state", id=run)
        return (found[0]["core"], found[0]["facets"]) if found else None

    def children(self, run: str, *, limit: int) -> list[RunRecord]:
        return [values.run_record(r) for r in self._rows("children_of_run", id=run, limit=limit)]

    def tallies(self) -> Mapping[tuple[str, str], int]:
        return {(r["what"], r["namespace"]): r["amount"] for r in self._rows("read_tallies")}

    def change(self) -> int:
        return int(self._rows("read_change")[0]["change"])

    def all_nodes(self) -> Iterator[tuple[NodeRecord, bytes]]:
        return ((values.node_record(r), r["state"]) for r in self._pages("page_of_nodes"))

    def all_facets(self) -> Iterator[tuple[str, str, bytes]]:
        return _facets(self._pages("page_of_facets"))

    def all_runs(self) -> Iterator[tuple[RunRecord, bytes]]:
        return ((values.run_record(r), r["facets"]) for r in self._pages("page_of_runs"))

    def all_steps(self) -> Iterator[Step]:
        return map(values.step, self._pages("page_of_flows"))

    def all_links(self) -> Iterator[LinkRecord]:
        return (values.link_record(r) for r in self._pages("page_of_links") if r["type"] is not None)

    def all_columns(self) -> Iterator[ColumnRecord]:
        return (_column(r) for r in self._pages("page_of_columns") if r["valid"] is not None)

    def _pages(self, name: str) -> Iterator[Mapping[str, Any]]:
        """All rows of a statement, paged by id: no query exceeds the server's time limit."""
        after = ""
        while True:
            page = self._alone(name, after=after, limit=PAGE)
            yield from page
            ids = {r["id"] for r in page}
            if len(ids) < PAGE:
                return
            after = max(ids)


def _listing(query: RunFilter) -> str:
    if query.run_id is not None:
        return "list_runs_of_run_id"
    return "list_runs" if query.job is None else "list_runs_of_job"


def _within(namespaces: Namespaces) -> dict[str, list[str] | None]:
    if namespaces is None:
        return {"exact": None, "beginnings": None}
    return {"exact": list(namespaces.exact), "beginnings": list(namespaces.beginnings)}


def _search(text: str, kinds: Collection[str], statuses: Collection[str]) -> str:
    """Choose the access path: the status index, the few nodes of rare kinds, the text index, or the order of names."""
    if statuses:
        return "search_nodes_by_status"
    if kinds and _RARE.issuperset(kinds):
        return "search_rare_nodes"
    return "search_nodes" if text else "list_nodes"


def _facets(found: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str, bytes]]:
    for r in found:
        for name, value in values.unpack_facets(r["facets"]).items():
            yield r["id"], name, value


def _column(found: Mapping[str, Any]) -> ColumnRecord:
    return ColumnRecord(
        found["source"],
        found["source_column"],
        found["target"],
        found["target_column"],
        found["transformations"],
        values.intervals(found["valid"]),
    )
