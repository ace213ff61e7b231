"""The look-ups of the engine while it plans a batch: `changes.Storage` as statements."""

from collections.abc import Collection, Iterable, Mapping

from headwater.contracts.keys import NodeKey
from headwater.graph.deriving.changes import StoredNode, StoredRun
from headwater.graph.neo4j.connection import Asking


class Neo4jStorage:
    """Look-ups inside the transaction that will write."""

    def __init__(self, asking: Asking) -> None:
        self._ask = asking

    def load_nodes(self, ids: Collection[str]) -> Mapping[str, StoredNode]:
        found = self._ask.rows("load_nodes", ids=sorted(ids))
        return {r["id"]: StoredNode(NodeKey(r["kind"], r["namespace"], r["name"]), r["state"]) for r in found}

    def load_runs(self, ids: Collection[str]) -> Mapping[str, StoredRun]:
        return {r["id"]: StoredRun(r["core"], r["facets"]) for r in self._ask.rows("load_runs", ids=sorted(ids))}

    def cores_of(self, job: str) -> Iterable[tuple[str, bytes]]:
        return [(r["id"], r["core"]) for r in self._ask.rows("cores_of_job", job=job)]

    def load_folds(self, claims: Collection[str]) -> Mapping[str, bytes]:
        return {r["id"]: r["fold"] for r in self._ask.rows("load_folds", ids=sorted(claims))}

    def claims_of(self, owner: str) -> Collection[str]:
        return [r["id"] for r in self._ask.rows("claims_of_owner", owner=owner)]

    def owners_of(self, nodes: Collection[str]) -> Collection[str]:
        ids = sorted(nodes)
        asked = ("owners_of_flows", "owners_of_columns", "owners_of_links")
        return {r["owner"] for name in asked for r in self._ask.rows(name, ids=ids)}

    def load_blobs(self, digests: Collection[str]) -> Mapping[str, bytes]:
        return {r["id"]: r["value"] for r in self._ask.rows("load_blobs", ids=sorted(digests))}
