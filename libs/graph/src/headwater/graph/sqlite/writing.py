"""The writing half of the embedded graph: the engine's look-ups, and one batch of changes as SQL."""

import sqlite3
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from headwater.contracts.keys import Kind, NodeKey
from headwater.graph.deriving.changes import Changes, ClaimRow, LinkRow, NodeRow, StoredNode, StoredRun
from headwater.graph.state.folding import order_key

_OUTPUT = Kind.OUTPUT.value
_json = msgspec.json.Encoder().encode
_pack = msgspec.msgpack.Encoder().encode
_ids = msgspec.msgpack.Decoder(tuple[str, ...]).decode


def ids_json(ids: Iterable[str]) -> str:
    return _json(sorted(ids)).decode()


class SqliteStorage:
    """`changes.Storage`, and `write`, over the writer's connection. Caches the integer ids of public ids."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._sql = connection
        self._numbers: dict[str, int] = {}
        self._next: dict[str, int] = {}

    def forget(self) -> None:
        self._numbers.clear()
        self._next.clear()

    def load_nodes(self, ids: Collection[str]) -> Mapping[str, StoredNode]:
        found = {}
        for public, number, kind, namespace, name, state in self._sql.execute(
            "SELECT n.public, n.id, n.key_kind, n.namespace, n.name, n.state"
            " FROM json_each(?) j CROSS JOIN node n ON n.public = j.value",
            (ids_json(ids),),
        ):
            self._numbers[public] = number
            found[public] = StoredNode(NodeKey(kind, namespace, name), state)
        return found

    def load_runs(self, ids: Collection[str]) -> Mapping[str, StoredRun]:
        rows = self._sql.execute(
            "SELECT r.public, r.id, r.core, r.facets FROM json_each(?) j CROSS JOIN run r ON r.public = j.value",
            (ids_json(ids),),
        )
        found = {}
        for public, number, core, facets in rows:
            self._numbers[public] = number
            found[public] = StoredRun(core, facets)
        return found

    def cores_of(self, job: str) -> Iterable[tuple[str, bytes]]:
        return self._sql.execute(
            "SELECT r.public, r.core FROM run r WHERE r.job = (SELECT id FROM node WHERE public = ?)", (job,)
        ).fetchall()

    def load_folds(self, claims: Collection[str]) -> Mapping[str, bytes]:
        return dict(
            self._sql.execute(
                "SELECT c.public, c.fold FROM json_each(?) j CROSS JOIN claim c ON c.public = j.value",
                (ids_json(claims),),
            ).fetchall()
        )

    def claims_of(self, owner: str) -> Collection[str]:
        rows = self._sql.execute(
            "SELECT public FROM claim WHERE owner = (SELECT id FROM node WHERE public = ?)", (owner,)
        )
        return [row[0] for row in rows]

    def owners_of(self, nodes: Collection[str]) -> Collection[str]:
        rows = self._sql.execute(
            """
            WITH near (id) AS (SELECT n.id FROM json_each(?) j CROSS JOIN node n ON n.public = j.value)
            SELECT DISTINCT o.public FROM (
                SELECT c.owner FROM near CROSS JOIN port p ON p.node = near.id CROSS JOIN claim c ON c.id = p.claim
                UNION SELECT c.owner FROM near CROSS JOIN transform t ON t.source = near.id
                    CROSS JOIN claim c ON c.id = t.claim
                UNION SELECT c.owner FROM near CROSS JOIN transform t ON t.target = near.id
                    CROSS JOIN claim c ON c.id = t.claim
                UNION SELECT l.owner FROM near CROSS JOIN link l ON l.source = near.id
                UNION SELECT l.owner FROM near CROSS JOIN link l ON l.target = near.id
            ) found CROSS JOIN node o ON o.id = found.owner
            """,
            (ids_json(nodes),),
        )
        return [row[0] for row in rows]

    def load_blobs(self, digests: Collection[str]) -> Mapping[str, bytes]:
        return dict(
            self._sql.execute(
                "SELECT b.digest, b.value FROM json_each(?) j CROSS JOIN blob b ON b.digest = j.value",
                (ids_json(digests),),
            ).fetchall()
        )

    def write(self, changes: Changes) -> None:
        """Store a batch, within the caller's transaction."""
        if len(self._numbers) > 500_000:
            self._numbers.clear()
        self._write_nodes(changes.nodes)
        self._write_facets(changes)
        self._write_runs(changes)
        self._many("INSERT OR IGNORE INTO blob VALUES (?, ?)", changes.blobs.items())
        self._write_claims(changes.claims)
        self._write_links(changes.links)
        self._remove(changes)
        self._many(
            "INSERT INTO tally VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET amount = amount + excluded.amount",
            ((what, namespace, amount) for (what, namespace), amount in changes.tally.items()),
        )

    def _many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        self._sql.executemany(sql, rows)

    def _take(self, table: str) -> Callable[[], int]:
        """Allocates integer ids of a table: this writer is the only one."""

        def take() -> int:
            if table not in self._next:
                newest = self._sql.execute(f"SELECT max(id) FROM {table}").fetchone()[0]
                self._next[table] = (newest or 0) + 1
            number = self._next[table]
            self._next[table] = number + 1
            return number

        return take

    def _number(self, public: str) -> int:
        """The integer id of a stored node or run."""
        found = self._numbers.get(public)
        if found is None:
            row = self._sql.execute(
                "SELECT id FROM node WHERE public = ?1 UNION ALL SELECT id FROM run WHERE public = ?1", (public,)
            ).fetchone()
            found = self._numbers[public] = row[0]
        return found

    def _write_nodes(self, nodes: Sequence[NodeRow]) -> None:
        take = self._take("node")
        fresh = [n for n in nodes if n.new]
        for node in fresh:
            self._numbers[node.id] = take()
        numbers = self._numbers
        self._many(
            "INSERT INTO node VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (
                    numbers[n.id], n.id, n.key.kind, n.kind, n.key.namespace, n.key.name,
                    (fold := order_key(n.key.name)), n.label, n.status, n.first_seen, n.last_seen, n.card,
                    n.merged_into, None if n.text == fold else n.text, n.state,
                )
                for n in fresh
            ),
        )  # fmt: skip
        self._many("INSERT INTO names (rowid, text) VALUES (?, ?)", ((numbers[n.id], n.text) for n in fresh))
        self._update_nodes([n for n in nodes if not n.new])

    def _update_nodes(self, nodes: Sequence[NodeRow]) -> None:
        rows = sorted((self._number(n.id), n) for n in nodes)
        self._many(
            "UPDATE node SET status = ?, first_seen = ?, last_seen = ?, card = ?, state = ? WHERE id = ?",
            ((n.status, n.first_seen, n.last_seen, n.card, n.state, i) for i, n in rows),
        )
        # Kinds, names and merges change seldom; their indexes are touched only then.
        self._many(
            "UPDATE node SET kind = ?1 WHERE id = ?2 AND kind IS NOT ?1",
            ((n.kind, i) for i, n in rows if n.renamed or n.kind == _OUTPUT),
        )
        self._rename([(i, n) for i, n in rows if n.renamed])

    def _rename(self, rows: Sequence[tuple[int, NodeRow]]) -> None:
        # The search index has external content: a delete must pass the old text.
        old = (
            "INSERT INTO names (names, rowid, text) SELECT 'delete', id, text FROM node WHERE id = ? AND text IS NOT ?"
        )
        self._many(old, ((i, n.text) for i, n in rows))
        new = "INSERT INTO names (rowid, text) SELECT id, ?2 FROM node WHERE id = ?1 AND text IS NOT ?2"
        self._many(new, ((i, n.text) for i, n in rows))
        self._many(
            "UPDATE node SET merged_into = ?1, label = ?2, names = ?3 WHERE id = ?4",
            ((n.merged_into, n.label, n.text, i) for i, n in rows),
        )

    def _write_facets(self, changes: Changes) -> None:
        kept = sorted((self._number(f.node), f.name, f.value) for f in changes.facets if f.value is not None)
        gone = [(self._number(f.node), f.name) for f in changes.facets if f.value is None]
        self._many("INSERT OR REPLACE INTO facet VALUES (?, ?, ?)", kept)
        self._many("DELETE FROM facet WHERE node = ? AND name = ?", gone)

    def _write_runs(self, changes: Changes) -> None:
        take = self._take("run")
        fresh, known = [], []
        for r in changes.runs:
            if r.new:
                self._numbers[r.id] = number = take()
                fresh.append(
                    (
                        number, r.id, self._number(r.job), r.run_id, r.state, r.seen, r.started_at, r.ended_at,
                        r.conflict, r.attempts, r.parent, r.core, r.facets,
                    )
                )  # fmt: skip
            else:
                known.append(
                    (
                        r.state, r.seen, r.started_at, r.ended_at, r.conflict, r.attempts, r.parent, r.core, r.facets,
                        self._number(r.id),
                    )
                )  # fmt: skip
        self._many("INSERT INTO run VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", fresh)
        self._many(
            "UPDATE run SET state = ?, seen = ?, started_at = ?, ended_at = ?, conflict = ?, attempts = ?,"
            " parent = ?, core = ?, facets = ? WHERE id = ?",
            sorted(known, key=lambda row: row[-1]),
        )

    def _write_claims(self, claims: Sequence[ClaimRow]) -> None:
        take = self._take("claim")
        fresh = [(take(), c) for c in claims if c.new]
        number = self._number
        self._many(
            "INSERT INTO claim VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (
                    i, c.id, number(c.owner), number(c.process), number(c.output) if c.output else None,
                    _pack(c.valid), c.confirmed_at, c.last_run, c.last_at, c.confirmations, c.fold,
                    _pack(sorted(c.inputs)), _pack(sorted(c.outputs)),
                )
                for i, c in fresh
            ),
        )  # fmt: skip
        ports = [(number(n), 0, i) for i, c in fresh for n in c.inputs]
        ports += [(number(n), 1, i) for i, c in fresh for n in c.outputs]
        self._many("INSERT INTO port VALUES (?, ?, ?)", sorted(ports))
        self._many(
            "INSERT INTO transform VALUES (?, ?, ?, ?, ?, ?)",
            (
                (i, number(t.source), t.source_column, number(c.output or ""), t.target_column, t.transformations)
                for i, c in fresh
                for t in c.transforms
            ),
        )
        self._many(
            "UPDATE claim SET valid = ?, confirmed_at = ?, last_run = ?, last_at = ?, confirmations = ?, fold = ?"
            " WHERE public = ?",
            (
                (_pack(c.valid), c.confirmed_at, c.last_run, c.last_at, c.confirmations, c.fold, c.id)
                for c in claims
                if not c.new
            ),
        )

    def _write_links(self, links: Sequence[LinkRow]) -> None:
        number = self._number
        self._many(
            "INSERT OR REPLACE INTO link VALUES (?, ?, ?, ?, ?, ?)",
            ((number(k.source), k.type, number(k.target), number(k.owner), k.since, k.last_run) for k in links),
        )

    def _remove(self, changes: Changes) -> None:
        if changes.gone_claims:
            gone = (ids_json(changes.gone_claims),)
            found = self._sql.execute(
                "SELECT c.id, c.inputs, c.outputs FROM json_each(?) j CROSS JOIN claim c ON c.public = j.value", gone
            ).fetchall()
            ends = [(n, side, i) for i, *sides in found for side, packed in enumerate(sides) for n in _ids(packed)]
            self._many(
                "DELETE FROM port WHERE node = ? AND side = ? AND claim = ?",
                sorted((self._number(n), side, i) for n, side, i in ends),
            )
            for table, column in (("transform", "claim"), ("claim", "id")):
                self._many(f"DELETE FROM {table} WHERE {column} = ?", ((row[0],) for row in found))
        self._many(
            "DELETE FROM link WHERE source = ? AND type = ? AND target = ?",
            ((self._number(s), kind, self._number(t)) for s, kind, t in changes.gone_links),
        )
