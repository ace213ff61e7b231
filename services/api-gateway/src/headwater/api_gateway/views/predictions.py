"""One prediction, traced back to its data."""

from urllib.parse import urlencode

import flask

from headwater.api_gateway.questions import PredictionLookup
from headwater.contracts.api.graph import Scene
from headwater.contracts.api.models import PredictionDetail
from headwater.contracts.identity import Visible
from headwater.contracts.times import parse_instant
from headwater.graph.port import GraphReader, SceneQuery
from headwater.runtime.forward import Upstream
from headwater.runtime.web import answer, documented, permission, query, viewer

HOPS_BEHIND = 5
NODES_BEHIND = 500


def predictions_blueprint(graph: GraphReader, *, engine: Upstream) -> flask.Blueprint:
    """The look-up of one prediction by its id."""
    bp = flask.Blueprint("predictions", __name__, url_prefix="/api/v1/predictions")

    @bp.get("")
    @permission("predictions:read")
    @documented(query=PredictionLookup, answer={200: PredictionDetail})
    def prediction() -> flask.Response:
        """One prediction with its labels, and the data behind it as it was at that time."""
        asked = query(PredictionLookup)
        asker = viewer()
        path = "/api/v1/predictions?" + urlencode({"model": asked.model, "id": asked.id})
        found = engine.get_json(path, asker, PredictionDetail)
        if asker.may("lineage:read"):
            found.scene = scene_behind(graph, found, asker.sees("lineage:read"))
        return answer(found)

    return bp


def scene_behind(graph: GraphReader, prediction: PredictionDetail, visible: Visible) -> Scene | None:
    """Upstream of the dataset that the prediction was written to; of its model version when none is known."""
    as_of = parse_instant(prediction.event_time)
    starts = [prediction.output.id] if prediction.output is not None else []
    for focus in (*starts, prediction.version_id):
        question = SceneQuery(focus, up=HOPS_BEHIND, down=0, as_of=as_of, limit=NODES_BEHIND)
        scene = graph.scene(question, visible=visible)
        if scene is not None and len(scene.nodes) > 1:
            return scene
    return scene
