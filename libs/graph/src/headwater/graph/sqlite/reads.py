"""The reading half of the embedded graph: `lookups.Reading` as SQL."""

import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import msgspec

from headwater.contracts.keys import NodeKey
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
from headwater.graph.deriving.changes import Interval, StoredNode
from headwater.graph.sqlite.writing import ids_json
from headwater.graph.state.folding import label_pieces

_NODE = (
    "n.public, n.key_kind, n.namespace, n.name, n.kind, n.label, n.status, n.first_seen, n.last_seen, n.card,"
    " n.merged_into"
)
_RANK = (
    "CASE WHEN substr(pieces(n.label), -length(:piece)) = :piece THEN 0"
    " WHEN instr(pieces(n.label), :piece) THEN 1 ELSE 2 END"
)
_RUN = (
    "r.public, b.public, b.namespace, b.name, r.run_id, r.state, r.seen, r.started_at, r.ended_at, r.conflict,"
    " r.attempts, r.parent"
)
_STEP = "c.id, c.public, p.public, c.valid, c.confirmed_at, c.last_run, c.last_at, c.inputs, c.outputs"
_ids: Callable[[bytes], tuple[str, ...]] = msgspec.msgpack.Decoder(tuple[str, ...]).decode
_valid: Callable[[bytes], tuple[Interval, ...]] = msgspec.msgpack.Decoder(tuple[Interval, ...]).decode
_CANDIDATES = 10_000
_RARE = frozenset({"Output", "MLModel", "ModelVersion", "EvaluationMetric"})


def _record(row: tuple[Any, ...]) -> NodeRecord:
    return NodeRecord(row[0], NodeKey(row[1], row[2], row[3]), *row[4:11])


class SqliteReading:
    """Look-ups on a connection of the calling thread."""

    def __init__(self, connection: Callable[[], sqlite3.Connection]) -> None:
        self._connection = connection

    def _all(self, sql: str, *args: Any) -> list[Any]:
        return self._connection().execute(sql, args).fetchall()

    @contextmanager
    def moment(self) -> Iterator[None]:
        connection = self._connection()
        if connection.in_transaction:
            yield
            return
        connection.execute("BEGIN")
        try:
            yield
        finally:
            connection.execute("COMMIT")

    def nodes(self, ids: Collection[str]) -> Mapping[str, NodeRecord]:
        rows = self._all(f"SELECT {_NODE} FROM json_each(?) j CROSS JOIN node n ON n.public = j.value", ids_json(ids))
        return {row[0]: _record(row) for row in rows}

    def states(self, ids: Collection[str]) -> Mapping[str, StoredNode]:
        rows = self._all(
            "SELECT n.public, n.key_kind, n.namespace, n.name, n.state"
            " FROM json_each(?) j CROSS JOIN node n ON n.public = j.value",
            ids_json(ids),
        )
        return {row[0]: StoredNode(NodeKey(*row[1:4]), row[4]) for row in rows}

    def facets(self, ids: Collection[str]) -> Iterable[tuple[str, str, bytes]]:
        return self._all(
            "SELECT n.public, f.name, f.value FROM json_each(?) j CROSS JOIN node n ON n.public = j.value"
            " CROSS JOIN facet f ON f.node = n.id",
            ids_json(ids),
        )

    def aliases(self, node: str) -> list[str]:
        return [row[0] for row in self._all("SELECT public FROM node WHERE merged_into = ? ORDER BY public", node)]

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
        args: dict[str, Any] = {"text": text, "piece": label_pieces(text), "limit": limit}
        where = ["n.merged_into IS NULL", *_within(args, namespaces), *_beginning(args, namespace)]
        if kinds:
            args["kinds"] = ids_json(kinds)
            where.append("n.kind IN (SELECT value FROM json_each(:kinds))")
        if statuses:
            args["statuses"] = ids_json(statuses)
        source = _candidates(text, kinds, statuses)
        rank = _RANK if text else "2"
        paging = ""
        order = "rank, fold, namespace, public" if text else "fold, namespace, public"
        if after is not None:
            args |= {"rank": after[0], "fold": after[1], "space": after[2], "public": after[3]}
            paging = f"WHERE ({order}) > ({':rank, ' if text else ''}:fold, :space, :public)"
        rows = self._connection().execute(
            f"SELECT * FROM (SELECT {_NODE}, {rank} AS rank, n.fold AS fold FROM {source} WHERE {' AND '.join(where)})"
            f" {paging} ORDER BY {order} LIMIT :limit",
            args,
        )
        return [Hit(row[11], _record(row)) for row in rows]

    def expand(self, nodes: Collection[str], *, down: bool, limit: int) -> list[Step]:
        rows = self._all(
            f"SELECT {_STEP}, n.public FROM json_each(?) j CROSS JOIN node n ON n.public = j.value"
            " CROSS JOIN port t ON t.node = n.id AND t.side = ? CROSS JOIN claim c ON c.id = t.claim"
            " CROSS JOIN node p ON p.id = c.process ORDER BY c.public LIMIT ?",
            ids_json(nodes), 0 if down else 1, limit + len(nodes),
        )  # fmt: skip
        touched: dict[int, tuple[Any, ...]] = {}
        ends: dict[int, list[str]] = {}
        for row in rows:
            if row[0] not in touched and len(touched) == limit:
                break
            touched[row[0]] = row
            ends.setdefault(row[0], []).append(row[9])
        near = {i: tuple(sorted(found)) if len(found) > 1 else (found[0],) for i, found in ends.items()}
        if down:
            return [_step(row, near[i], _ids(row[8])) for i, row in touched.items()]
        return [_step(row, _ids(row[7]), near[i]) for i, row in touched.items()]

    def _steps(self, where: str, *args: Any) -> list[Step]:
        return [_step(row, _ids(row[7]), _ids(row[8])) for row in self._all(f"SELECT {_STEP} FROM {where}", *args)]

    def steps_of(self, process: str, *, limit: int) -> list[Step]:
        return self._steps(
            "node p CROSS JOIN claim c ON c.target IS NULL AND c.id IN ("
            " SELECT id FROM claim WHERE owner = p.id AND process = p.id"
            " UNION ALL SELECT id FROM claim WHERE process = p.id AND process <> owner"
            ") WHERE p.public = ? ORDER BY c.public LIMIT ?",
            process, limit,
        )  # fmt: skip

    def flows_by_id(self, flows: Collection[str]) -> list[Step]:
        return self._steps(
            "json_each(?) j CROSS JOIN claim c ON c.public = j.value AND c.target IS NULL"
            " CROSS JOIN node p ON p.id = c.process",
            ids_json(flows),
        )

    def links(self, nodes: Collection[str]) -> list[LinkRecord]:
        rows = self._all(
            """
            WITH near (id) AS (SELECT n.id FROM json_each(?) j CROSS JOIN node n ON n.public = j.value)
            SELECT s.public, l.type, t.public, l.since, l.last_run FROM (
                SELECT l.* FROM near CROSS JOIN link l ON l.source = near.id
                UNION SELECT l.* FROM near CROSS JOIN link l ON l.target = near.id
            ) l CROSS JOIN node s ON s.id = l.source CROSS JOIN node t ON t.id = l.target
            """,
            ids_json(nodes),
        )
        return [LinkRecord(*row) for row in rows]

    def columns_at(self, nodes: Collection[str], *, down: bool, limit: int) -> list[ColumnRecord]:
        end = "source" if down else "target"
        rows = self._all(
            f"{_COLUMN} FROM json_each(?) j CROSS JOIN node n ON n.public = j.value"
            f" CROSS JOIN transform t ON t.{end} = n.id {_COLUMN_JOINS} LIMIT ?",
            ids_json(nodes), limit,
        )  # fmt: skip
        return [_column(row) for row in rows]

    def list_runs(self, query: RunFilter, *, namespaces: Namespaces, limit: int) -> list[RunRecord]:
        args: dict[str, Any] = {"limit": limit}
        where = ["1", *_within(args, namespaces, "b")]
        if query.job is not None:
            args["job"] = query.job
            where.append("r.job = (SELECT id FROM node WHERE public = :job)")
        tests = {"run_id": "r.run_id =", "state": "r.state =", "since": "r.seen >=", "until": "r.seen <"}
        for name, test in tests.items():
            value = getattr(query, name)
            if value is not None:
                args[name] = value
                where.append(f"{test} :{name}")
        if query.after is not None:
            args |= {"seen": query.after[0], "public": query.after[1]}
            where.append("(r.seen, r.public) < (:seen, :public)")
        rows = self._connection().execute(
            f"SELECT {_RUN} FROM run r CROSS JOIN node b ON b.id = r.job WHERE {' AND '.join(where)}"
            " ORDER BY r.seen DESC, r.public DESC LIMIT :limit",
            args,
        )
        return [_run(row) for row in rows]

    def run_records(self, ids: Collection[str]) -> Mapping[str, RunRecord]:
        rows = self._all(
            f"SELECT {_RUN} FROM json_each(?) j CROSS JOIN run r ON r.public = j.value"
            " CROSS JOIN node b ON b.id = r.job",
            ids_json(ids),
        )
        return {row[0]: _run(row) for row in rows}

    def run_state(self, run: str) -> tuple[bytes, bytes] | None:
        rows = self._all("SELECT core, facets FROM run WHERE public = ?", run)
        return tuple(rows[0]) if rows else None

    def children(self, run: str, *, limit: int) -> list[RunRecord]:
        rows = self._all(
            f"SELECT {_RUN} FROM run r CROSS JOIN node b ON b.id = r.job WHERE r.parent = ?"
            " ORDER BY r.seen DESC, r.public LIMIT ?",
            run, limit,
        )  # fmt: skip
        return [_run(row) for row in rows]

    def tallies(self) -> Mapping[tuple[str, str], int]:
        return {(what, namespace): n for what, namespace, n in self._all("SELECT * FROM tally")}

    def change(self) -> int:
        return int(self._all("SELECT change FROM writer")[0][0])

    def all_nodes(self) -> Iterator[tuple[NodeRecord, bytes]]:
        for row in self._connection().execute(f"SELECT {_NODE}, n.state FROM node n"):
            yield _record(row), row[11]

    def all_facets(self) -> Iterator[tuple[str, str, bytes]]:
        yield from self._connection().execute(
            "SELECT n.public, f.name, f.value FROM facet f CROSS JOIN node n ON n.id = f.node"
        )

    def all_runs(self) -> Iterator[tuple[RunRecord, bytes]]:
        for row in self._connection().execute(f"SELECT {_RUN}, r.facets FROM run r CROSS JOIN node b ON b.id = r.job"):
            yield _run(row), row[12]

    def all_steps(self) -> Iterator[Step]:
        yield from self._steps("claim c CROSS JOIN node p ON p.id = c.process WHERE c.target IS NULL")

    def all_links(self) -> Iterator[LinkRecord]:
        for row in self._connection().execute(
            "SELECT s.public, l.type, t.public, l.since, l.last_run FROM link l"
            " CROSS JOIN node s ON s.id = l.source CROSS JOIN node t ON t.id = l.target"
        ):
            yield LinkRecord(*row)

    def all_columns(self) -> Iterator[ColumnRecord]:
        for row in self._connection().execute(f"{_COLUMN} FROM transform t {_COLUMN_JOINS}"):
            yield _column(row)


_COLUMN = "SELECT s.public, t.source_column, e.public, t.target_column, t.transformations, c.valid"
_COLUMN_JOINS = (
    "CROSS JOIN claim c ON c.id = t.claim CROSS JOIN node s ON s.id = t.source CROSS JOIN node e ON e.id = t.target"
)


def _candidates(text: str, kinds: Collection[str], statuses: Collection[str]) -> str:
    """The access path of search: status index, the few nodes of rare kinds, trigram index, or names in order."""
    if statuses:
        named = "WHERE instr(n.text, :text)" if text else ""
        return f"(SELECT n.* FROM json_each(:statuses) s CROSS JOIN node n ON n.status = s.value {named}) n"
    if kinds and _RARE.issuperset(kinds):
        rare = "n.kind IN ('Output', 'MLModel', 'ModelVersion', 'EvaluationMetric')"
        if not text:
            return f"(SELECT * FROM node n WHERE {rare}) n"
        return f"(SELECT * FROM node n WHERE {rare} AND instr(n.text, :text)) n"
    if len(text) >= 3:
        # LIKE uses the trigram index (its wildcards may match too much); instr then filters.
        like = "text LIKE '%' || :text || '%' AND instr(text, :text)"
        return f"(SELECT rowid, text FROM names WHERE {like} LIMIT {_CANDIDATES}) s CROSS JOIN node n ON n.id = s.rowid"
    if text:
        # Too short for trigrams. Most nodes have no other names than the one in the index of folded names.
        shorts, longs = (
            f"SELECT id FROM node WHERE merged_into IS NULL AND instr({column}, :text) {more} LIMIT {_CANDIDATES}"
            for column, more in (("fold", "ORDER BY fold"), ("names", "AND names IS NOT NULL"))
        )
        either = f"SELECT id FROM ({shorts}) UNION SELECT id FROM ({longs})"
        return f"({either}) s CROSS JOIN node n ON n.id = s.id"
    return "node n"


def _beginning(args: dict[str, Any], namespace: str | None) -> list[str]:
    if namespace is None:
        return []
    args["namespace"] = namespace
    return ["substr(n.namespace, 1, length(:namespace)) = :namespace"]


def _within(args: dict[str, Any], namespaces: Namespaces, table: str = "n") -> list[str]:
    if namespaces is None:
        return []
    args |= {"exact": ids_json(namespaces.exact), "beginnings": ids_json(namespaces.beginnings)}
    return [
        f"({table}.namespace IN (SELECT value FROM json_each(:exact)) OR EXISTS (SELECT 1 FROM json_each(:beginnings) g"
        f" WHERE substr({table}.namespace, 1, length(g.value)) = g.value))"
    ]


def _step(row: tuple[Any, ...], inputs: tuple[str, ...], outputs: tuple[str, ...]) -> Step:
    return Step(row[1], row[2], inputs, outputs, _valid(row[3]), row[4], row[5], row[6])


def _column(row: tuple[Any, ...]) -> ColumnRecord:
    return ColumnRecord(row[0], row[1], row[2], row[3], row[4], _valid(row[5]))


def _run(row: tuple[Any, ...]) -> RunRecord:
    fields: list[Any] = [*row[:12]]
    fields[9] = bool(fields[9])
    return RunRecord(*fields)
