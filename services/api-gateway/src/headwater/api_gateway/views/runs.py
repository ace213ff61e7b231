"""Runs of all jobs or of one, newest first, and one run with its details."""

from headwater.api_gateway.questions import RunFilter, found, moment
from headwater.contracts.api.graph import RunDetail, RunPage
from headwater.graph.port import GraphReader
from headwater.runtime.identity.principal import Principal
from headwater.runtime.web.routes import Routes

routes = Routes()


@routes.get(
    "/api/v1/runs", permission="lineage:read", query=RunFilter, answer=RunPage, example={"query": {"state": "COMPLETE"}}
)
def runs(query: RunFilter, principal: Principal, graph: GraphReader) -> RunPage:
    """Runs, newest first."""
    return graph.runs(
        run_id=query.run_id,
        job=query.job,
        state=query.state,
        since=moment("from", query.from_),
        until=moment("to", query.to),
        limit=query.limit,
        cursor=query.cursor,
        visible=principal.visible,
    )


@routes.get("/api/v1/runs/<run>", permission="lineage:read", answer=RunDetail, example={"path": {"run": "{run}"}})
def run(run: str, principal: Principal, graph: GraphReader) -> RunDetail:
    """One run with its attempts, its stored events, its data, parent and children."""
    return found(graph.run(run, visible=principal.visible))
