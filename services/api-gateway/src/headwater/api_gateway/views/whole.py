"""The graph as a whole: its counts and its export."""

from collections.abc import Iterator

import flask

from headwater.contracts.api.graph import GraphStats
from headwater.contracts.problems import Problems
from headwater.graph.port import GraphReader
from headwater.runtime.clock import Clock
from headwater.runtime.hosting.auditing import AuditSink, act
from headwater.runtime.identity.principal import Principal
from headwater.runtime.web.application import request_id
from headwater.runtime.web.problem import Problem
from headwater.runtime.web.routes import NOT_STORED, Routes

routes = Routes()


@routes.get("/api/v1/stats", permission="stats:read", answer=GraphStats)
def stats(principal: Principal, graph: GraphReader) -> GraphStats:
    """Counts of nodes by kind and of edges by type, of what the principal may see."""
    return graph.stats(visible=principal.visible)


@routes.get("/api/v1/graph/export", permission="lineage:export", answers={}, headers=NOT_STORED)
def export(principal: Principal, graph: GraphReader, audit: AuditSink, clock: Clock) -> flask.Response:
    """The canonical export, NDJSON: equal facts give equal bytes. Requires visibility of every namespace."""
    if not principal.visible.everything:
        raise Problem(Problems.FORBIDDEN, "The export contains all namespaces: it needs lineage:export on all of them.")
    graph.check()
    audit.note(act("api-gateway", "graph.export", "graph", principal=principal, request_id=request_id(), at=clock()))
    response = flask.Response(lines(graph.export()), mimetype="application/x-ndjson")
    response.headers["Content-Disposition"] = 'attachment; filename="headwater-graph.ndjson"'
    return response


def lines(records: Iterator[bytes], *, size: int = 65_536) -> Iterator[bytes]:
    """Records with line ends, in pieces of about `size` bytes: one socket write per record would be slow."""
    piece = bytearray()
    for record in records:
        piece += record
        piece += b"\n"
        if len(piece) >= size:
            yield bytes(piece)
            piece.clear()
    if piece:
        yield bytes(piece)
