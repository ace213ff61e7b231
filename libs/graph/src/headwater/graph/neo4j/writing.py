"""One batch of changes as statements, inside the transaction that planned it.

Nodes come before relationships, and rows are sorted by key, so that concurrent writers take locks in the same order.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from headwater.contracts.keys import Kind
from headwater.graph.deriving.changes import Changes, ClaimRow, FacetRow, LinkRow, NodeRow, RunRow
from headwater.graph.neo4j import values
from headwater.graph.neo4j.connection import Asking
from headwater.graph.port import Source

_OUTPUT = Kind.OUTPUT.value
_DATA_SOURCE = Kind.DATA_SOURCE.value


class Writing:
    """Stores changes through one transaction."""

    def __init__(self, asking: Asking) -> None:
        self._ask = asking

    def write(self, changes: Changes) -> None:
        self._nodes(changes.nodes, changes.facets)
        self._runs(changes.runs)
        self._do("write_blobs", ({"id": digest, "value": value} for digest, value in changes.blobs.items()))
        self._claims(changes.claims, {r.id for r in changes.runs if r.new})
        self._links(changes.links)
        self._remove_claims(changes.gone_claims)
        for kind, rows in _by_type((k, {"source": s, "target": t}) for s, k, t in changes.gone_links).items():
            self._do(f"unlink_{kind.lower()}", rows)
        self._do(
            "add_tallies",
            (
                {"id": f"{what}/{namespace}", "what": what, "namespace": namespace, "amount": amount}
                for (what, namespace), amount in changes.tally.items()
                if amount
            ),
        )

    def move_offsets(self, offsets: Mapping[Source, int]) -> None:
        self._do(
            "move_offsets",
            (
                {"id": f"{topic}/{partition}", "topic": topic, "partition": partition, "next": following}
                for (topic, partition), following in offsets.items()
            ),
        )

    def _do(self, name: str, rows: Iterable[dict[str, Any]]) -> None:
        """Run the statement `name` over rows in order of their keys; nothing when there are none."""
        listed = sorted(rows, key=_key)
        if listed:
            self._ask.do(name, rows=listed)

    def _each(self, name: str, ids: Iterable[str]) -> None:
        listed = sorted(set(ids))
        if listed:
            self._ask.do(name, ids=listed)

    def _nodes(self, nodes: Sequence[NodeRow], facets: Sequence[FacetRow]) -> None:
        changed: dict[str, list[FacetRow]] = {}
        for facet in facets:
            changed.setdefault(facet.node, []).append(facet)
        new, known = [n for n in nodes if n.new], [n for n in nodes if not n.new]
        self._create_nodes(new, changed)
        self._update_nodes(known, changed)
        self._each("serve_outputs", (n.id for n in nodes if n.kind == _OUTPUT))
        self._each("unserve_outputs", (n.id for n in known if n.kind == _DATA_SOURCE and n.renamed))

    def _create_nodes(self, nodes: Sequence[NodeRow], facets: Mapping[str, list[FacetRow]]) -> None:
        rows = []
        for node in nodes:
            properties = values.node_properties(node)
            properties["facets"] = values.merged_facets(None, facets.get(node.id, ()))
            rows.append({"id": node.id, "label": node.key.kind, "properties": properties})
        self._do("create_nodes", rows)

    def _update_nodes(self, nodes: Sequence[NodeRow], facets: Mapping[str, list[FacetRow]]) -> None:
        """Names are sent only where they may have changed, facets where they have. Relationships of inputs are rebuilt
        for jobs that became ingestion jobs, or are no longer."""
        if not nodes:
            return
        asked = sorted(n.id for n in nodes if n.id in facets)
        stored = {r["id"]: r["facets"] for r in self._ask.rows("facets_of_nodes", ids=asked)} if asked else {}
        rows = []
        for node in nodes:
            properties = values.changing_properties(node)
            if node.renamed:
                properties |= values.naming_properties(node)
            if node.id in facets:
                properties["facets"] = values.merged_facets(stored.get(node.id), facets[node.id])
            rows.append({"id": node.id, "properties": properties})
        turned = self._ask.rows("update_nodes", rows=sorted(rows, key=_key))
        self._each("rename_inputs", (found["job"] for found in turned))

    def _runs(self, runs: Sequence[RunRow]) -> None:
        self._do("create_runs", (values.run_properties(r) for r in runs if r.new))
        self._do("update_runs", (values.run_properties(r) for r in runs if not r.new))

    def _claims(self, claims: Sequence[ClaimRow], new_runs: Collection[str]) -> None:
        new = [c for c in claims if c.new]
        self._do("create_flows", (values.flow_properties(c) for c in new if c.output is None))
        self._column_claims([c for c in new if c.output is not None])
        self._do("update_claims", (values.claim_life(c) for c in claims if not c.new))
        ran = [{"flow": c.id, "run": c.last_run} for c in claims if c.last_run is not None]
        self._do("run_new_flows", (row for row in ran if row["run"] in new_runs))
        self._do("run_flows", (row for row in ran if row["run"] not in new_runs))

    def _column_claims(self, claims: Sequence[ClaimRow]) -> None:
        self._do("create_column_claims", map(values.column_claim_properties, claims))
        edges = [(c, t, c.output or "") for c in claims for t in c.transforms]
        columns = {(t.source, t.source_column) for _, t, _ in edges} | {(o, t.target_column) for _, t, o in edges}
        self._do("create_columns", ({"id": values.column_id(*c), "dataset": c[0], "name": c[1]} for c in columns))
        self._do(
            "derive_columns",
            (
                {
                    "claim": c.id,
                    "owner": c.owner,
                    "source": values.column_id(t.source, t.source_column),
                    "target": values.column_id(output, t.target_column),
                    "transformations": t.transformations,
                }
                for c, t, output in edges
            ),
        )

    def _links(self, links: Sequence[LinkRow]) -> None:
        for kind, rows in _by_type((link.type, values.link_properties(link)) for link in links).items():
            self._do(f"link_{kind.lower()}", rows)

    def _remove_claims(self, gone: Sequence[str]) -> None:
        """Remove claims and their dependents; named relationships are removed when no other flow implies them."""
        if not gone:
            return
        ids = sorted(gone)
        sides = self._ask.rows("gone_flow_sides", ids=ids)
        columns = [c for found in self._ask.rows("drop_column_edges", ids=ids) for c in found["columns"]]
        self._each("drop_columns", columns)
        self._ask.do("drop_claims", ids=ids)
        self._do("unname_inputs", _pairs((s["process"], s["inputs"]) for s in sides))
        self._do("unname_outputs", _pairs((s["process"], s["outputs"]) for s in sides))


def _key(row: Mapping[str, Any]) -> tuple[str, ...]:
    """The sort key of locks, the same for all rows."""
    return tuple(str(row[name]) for name in ("id", "node", "source", "flow", "process", "target", "run") if name in row)


def _pairs(sides: Iterable[tuple[str, Iterable[str]]]) -> list[dict[str, Any]]:
    found = {(process, node) for process, nodes in sides for node in nodes}
    return [{"process": process, "node": node} for process, node in found]


def _by_type(rows: Iterable[tuple[str, dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for kind, row in rows:
        found.setdefault(kind, []).append(row)
    return dict(sorted(found.items()))
