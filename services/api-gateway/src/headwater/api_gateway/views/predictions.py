"""One prediction, traced back to its data."""

from urllib.parse import urlencode

from headwater.api_gateway.questions import PredictionLookup
from headwater.contracts.api.graph import Scene
from headwater.contracts.api.models import PredictionDetail
from headwater.contracts.identity import Visible
from headwater.contracts.keys import Kind
from headwater.contracts.times import parse_instant
from headwater.graph.port import GraphReader, SceneQuery
from headwater.runtime.identity.principal import Principal
from headwater.runtime.web.forward import Upstreams
from headwater.runtime.web.routes import Routes

HOPS_BEHIND = 5
NODES_BEHIND = 500
KINDS_BEHIND = frozenset(kind.value for kind in Kind if kind is not Kind.EVALUATION_METRIC)


routes = Routes()


@routes.get(
    "/api/v1/predictions",
    permission="predictions:read",
    query=PredictionLookup,
    answer=PredictionDetail,
    example={"query": {"model": "{model}", "id": "{prediction}"}},
)
def prediction(
    query: PredictionLookup, principal: Principal, graph: GraphReader, upstreams: Upstreams
) -> PredictionDetail:
    """One prediction with its labels, and the data behind it as it was at that time."""
    path = "/api/v1/predictions?" + urlencode({"model": query.model, "id": query.id})
    found = upstreams["metrics-engine"].get_json(path, principal, PredictionDetail)
    if principal.may("lineage:read"):
        found.scene = scene_behind(graph, found, principal.sees("lineage:read"))
    return found


def scene_behind(graph: GraphReader, prediction: PredictionDetail, visible: Visible) -> Scene | None:
    """The upstream of the version that made the prediction, and the dataset that the prediction was written to.

    Other versions that write to the same dataset, and later metrics, are not upstream of it.
    """
    as_of = parse_instant(prediction.event_time)
    behind = SceneQuery(
        prediction.version_id, up=HOPS_BEHIND, down=0, as_of=as_of, kinds=KINDS_BEHIND, limit=NODES_BEHIND
    )
    scene = graph.scene(behind, visible=visible)
    if prediction.output is None:
        return scene
    beside = SceneQuery(prediction.output.id, up=1, down=0, as_of=as_of, limit=NODES_BEHIND)
    written = graph.scene(beside, visible=visible)
    return scene if written is None else _joined(scene, written)


def _joined(scene: Scene | None, written: Scene) -> Scene:
    """The version's scene with the output beside it as its focus."""
    if scene is None:
        return written
    edges = [edge for edge in written.edges if (edge.from_, edge.to) == (scene.focus, written.focus)]
    if edges:
        scene.nodes = [*(node for node in written.nodes if node.id == written.focus), *scene.nodes]
        scene.edges = [*scene.edges, *edges]
        scene.focus = written.focus
    return scene
