"""The graph as a whole: its counts and its export."""

from collections.abc import Callable, Iterator

import flask

from headwater.contracts.api.graph import GraphStats
from headwater.contracts.audit import AuditEvent
from headwater.contracts.problems import Problems
from headwater.graph.port import GraphReader
from headwater.runtime.auditing import act
from headwater.runtime.problem import Problem
from headwater.runtime.web import answer, current_principal, documented, permission, request_id


def whole_blueprint(
    graph: GraphReader, *, audit: Callable[[AuditEvent], None], clock: Callable[[], int]
) -> flask.Blueprint:
    """What there is, counted and written out."""
    bp = flask.Blueprint("whole", __name__, url_prefix="/api/v1")

    @bp.get("/stats")
    @permission("stats:read")
    @documented(answer={200: GraphStats})
    def stats() -> flask.Response:
        """Counts of nodes by kind and of edges by type, of what the principal may see."""
        return answer(graph.stats(visible=current_principal().visible))

    @bp.get("/graph/export")
    @permission("lineage:export")
    @documented()
    def export() -> flask.Response:
        """The canonical export, NDJSON: equal facts give equal bytes. Needs the sight of every namespace."""
        if not current_principal().visible.everything:
            raise Problem(Problems.FORBIDDEN, "The export holds all namespaces: ask for lineage:export on all.")
        graph.check()
        exported = act(
            "api-gateway",
            "graph.export",
            "graph",
            principal=current_principal(),
            request_id=request_id(),
            at=clock(),
        )
        audit(exported)
        response = flask.Response(lines(graph.export()), mimetype="application/x-ndjson")
        response.headers["Content-Disposition"] = 'attachment; filename="headwater-graph.ndjson"'
        response.headers["Cache-Control"] = "no-store"
        return response

    return bp


def lines(records: Iterator[bytes], *, size: int = 65_536) -> Iterator[bytes]:
    """Records with line ends, in pieces of about `size` bytes: a write to the socket a record would be slow."""
    piece = bytearray()
    for record in records:
        piece += record
        piece += b"\n"
        if len(piece) >= size:
            yield bytes(piece)
            piece.clear()
    if piece:
        yield bytes(piece)
