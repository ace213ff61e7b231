"""Queries of the graph: search, node, scene and columns, limited to what the principal may see."""

from functools import partial

import flask

from headwater.api_gateway.freshness import unless_unchanged
from headwater.api_gateway.questions import ByName, ColumnView, SceneView, Search, found, listed, moment
from headwater.contracts.api.graph import ColumnScene, NodeDetail, Scene, SearchPage
from headwater.contracts.identity import Visible
from headwater.graph.port import GraphReader, SceneQuery
from headwater.runtime.clock import Clock
from headwater.runtime.identity.principal import Principal
from headwater.runtime.web.routes import Routes

routes = Routes()
_asked = partial(routes.get, permission="lineage:read")


@_asked("/api/v1/graph/search", query=Search, answer=SearchPage, example={"query": {"q": "customers"}})
def search(query: Search, principal: Principal, graph: GraphReader) -> SearchPage:
    """Nodes by part of their name, by kind and status, and runs by their OpenLineage run id."""
    return graph.search(
        query.q,
        kinds=listed(query.kind),
        namespace=query.namespace,
        statuses=listed(query.status),
        limit=query.limit,
        cursor=query.cursor,
        visible=principal.visible,
    )


@_asked("/api/v1/graph/nodes/<node>", answer=NodeDetail, example={"path": {"node": "{dataset}"}})
def node(node: str, principal: Principal, graph: GraphReader) -> NodeDetail:
    """One node by its id, with facets, versions and runs. A merged id returns the node it was merged into."""
    return present(graph, graph.get(node, visible=principal.visible), principal.visible)


@_asked(
    "/api/v1/graph/nodes",
    query=ByName,
    answer=NodeDetail,
    example={"query": {"kind": "MLModel", "namespace": "ml.sample", "name": "customer-churn"}},
)
def find(query: ByName, principal: Principal, graph: GraphReader) -> NodeDetail:
    """One node by kind, namespace and name."""
    named = graph.find(query.kind, query.namespace, query.name, visible=principal.visible)
    return present(graph, named, principal.visible)


@_asked("/api/v1/graph/scene", query=SceneView, answer=Scene, example={"query": {"focus": "{model}", "up": 5}})
def scene(query: SceneView, principal: Principal, graph: GraphReader, clock: Clock) -> flask.Response:
    """The neighbourhood of one node, up to the requested depth and limited to what the principal may see."""
    as_of = moment("as_of", query.as_of)
    question = SceneQuery(query.focus, query.up, query.down, as_of, listed(query.kinds), query.limit)
    visible = principal.visible
    return unless_unchanged(
        query,
        visible=visible,
        change=graph.change(),
        present=clock() if as_of is None else None,
        exists=lambda: graph.sees(query.focus, visible=visible),
        ask=lambda: found(graph.scene(question, visible=visible)),
    )


@_asked("/api/v1/graph/columns", query=ColumnView, answer=ColumnScene, example={"query": {"focus": "{dataset}"}})
def columns(query: ColumnView, principal: Principal, graph: GraphReader) -> ColumnScene:
    """The columns upstream and downstream of a dataset or one of its columns."""
    return found(
        graph.columns(
            query.focus,
            query.column,
            up=query.up,
            down=query.down,
            as_of=moment("as_of", query.as_of),
            limit=query.limit,
            visible=principal.visible,
        )
    )


def present(graph: GraphReader, node: NodeDetail | None, visible: Visible) -> NodeDetail:
    """The node itself, or the one it was merged into."""
    node = found(node)
    return node if node.merged_into is None else found(graph.get(node.merged_into, visible=visible))
