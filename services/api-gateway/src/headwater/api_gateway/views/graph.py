"""Questions about the graph."""

from collections.abc import Callable

import flask

from headwater.api_gateway.freshness import unless_unchanged
from headwater.api_gateway.questions import ByName, ColumnView, SceneView, Search, found, listed, moment
from headwater.contracts.api.graph import ColumnScene, NodeDetail, Scene, SearchPage
from headwater.graph.port import GraphReader, SceneQuery
from headwater.runtime.web import answer, current_principal, documented, permission, query


def graph_blueprint(graph: GraphReader, *, clock: Callable[[], int]) -> flask.Blueprint:
    """Search, node, scene and columns. All need `lineage:read` and show what the principal's grants allow."""
    bp = flask.Blueprint("graph", __name__, url_prefix="/api/v1/graph")

    @bp.get("/search")
    @permission("lineage:read")
    @documented(query=Search, answer={200: SearchPage})
    def search() -> flask.Response:
        """Nodes by a piece of their name, by kind and status, and runs by their OpenLineage run id."""
        asked = query(Search)
        page = graph.search(
            asked.q,
            kinds=listed(asked.kind),
            namespace=asked.namespace,
            statuses=listed(asked.status),
            limit=asked.limit,
            cursor=asked.cursor,
            visible=current_principal().visible,
        )
        return answer(page)

    @bp.get("/nodes/<node>")
    @permission("lineage:read")
    @documented(answer={200: NodeDetail})
    def node(node: str) -> flask.Response:
        """One node by its id, with facets, versions and runs. A merged id answers the node it was merged into."""
        return answer(present(graph, graph.get(node, visible=current_principal().visible)))

    @bp.get("/nodes")
    @permission("lineage:read")
    @documented(query=ByName, answer={200: NodeDetail})
    def find() -> flask.Response:
        """One node by kind, namespace and name."""
        asked = query(ByName)
        found = graph.find(asked.kind, asked.namespace, asked.name, visible=current_principal().visible)
        return answer(present(graph, found))

    @bp.get("/scene")
    @permission("lineage:read")
    @documented(query=SceneView, answer={200: Scene})
    def scene() -> flask.Response:
        """The neighbourhood of one node: as far as asked, and as far as the principal may see."""
        asked = query(SceneView)
        as_of = moment("as_of", asked.as_of)
        question = SceneQuery(asked.focus, asked.up, asked.down, as_of, listed(asked.kinds), asked.limit)
        visible = current_principal().visible
        return unless_unchanged(
            asked,
            visible=visible,
            change=graph.change(),
            present=clock() if as_of is None else None,
            exists=lambda: graph.sees(asked.focus, visible=visible),
            ask=lambda: found(graph.scene(question, visible=visible)),
        )

    @bp.get("/columns")
    @permission("lineage:read")
    @documented(query=ColumnView, answer={200: ColumnScene})
    def columns() -> flask.Response:
        """Which columns stand behind and ahead of a dataset or one of its columns."""
        asked = query(ColumnView)
        as_of = moment("as_of", asked.as_of)
        return answer(
            found(
                graph.columns(
                    asked.focus,
                    asked.column,
                    up=asked.up,
                    down=asked.down,
                    as_of=as_of,
                    limit=asked.limit,
                    visible=current_principal().visible,
                )
            )
        )

    return bp


def present(graph: GraphReader, node: NodeDetail | None) -> NodeDetail:
    """The node itself, or the one it was merged into."""
    node = found(node)
    if node.merged_into is None:
        return node
    return found(graph.get(node.merged_into, visible=current_principal().visible))
