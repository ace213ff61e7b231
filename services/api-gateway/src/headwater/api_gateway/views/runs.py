"""Questions about runs."""

import flask

from headwater.api_gateway.questions import RunFilter, found, moment
from headwater.contracts.api.graph import RunDetail, RunPage
from headwater.graph.port import GraphReader
from headwater.runtime.web import answer, current_principal, documented, permission, query


def runs_blueprint(graph: GraphReader) -> flask.Blueprint:
    """Runs of all jobs or of one, newest first, and one run with all that it said."""
    bp = flask.Blueprint("runs", __name__, url_prefix="/api/v1/runs")

    @bp.get("")
    @permission("lineage:read")
    @documented(query=RunFilter, answer={200: RunPage})
    def runs() -> flask.Response:
        """Runs, newest first."""
        asked = query(RunFilter)
        since, until = moment("from", asked.from_), moment("to", asked.to)
        page = graph.runs(
            run_id=asked.run_id,
            job=asked.job,
            state=asked.state,
            since=since,
            until=until,
            limit=asked.limit,
            cursor=asked.cursor,
            visible=current_principal().visible,
        )
        return answer(page)

    @bp.get("/<run>")
    @permission("lineage:read")
    @documented(answer={200: RunDetail})
    def run(run: str) -> flask.Response:
        """One run with its attempts, every event kept, its data, parent and children."""
        return answer(found(graph.run(run, visible=current_principal().visible)))

    return bp
