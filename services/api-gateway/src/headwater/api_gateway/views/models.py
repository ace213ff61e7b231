"""Questions about models and their measured quality."""

import flask

from headwater.api_gateway.questions import MetricFilter, ModelFilter, VersionMetricFilter, found
from headwater.api_gateway.thresholds import thresholds
from headwater.contracts.api.models import MetricSeries, ModelDetail, ModelPage, VersionSummary
from headwater.graph.port import GraphReader
from headwater.runtime.forward import Upstream, target
from headwater.runtime.web import answer, current_principal, documented, permission, query


def models_blueprint(graph: GraphReader, *, engine: Upstream, alerting: Upstream) -> flask.Blueprint:
    """Models and versions from the graph; their series from the metrics-engine, their thresholds from alerting."""
    bp = flask.Blueprint("models", __name__, url_prefix="/api/v1/models")

    @bp.get("")
    @permission("models:read")
    @documented(query=ModelFilter, answer={200: ModelPage})
    def models() -> flask.Response:
        """Models, by name."""
        asked = query(ModelFilter)
        page = graph.models(text=asked.q, limit=asked.limit, cursor=asked.cursor, visible=current_principal().visible)
        return answer(page)

    @bp.get("/<model>")
    @permission("models:read")
    @documented(answer={200: ModelDetail})
    def model(model: str) -> flask.Response:
        """One model with its versions."""
        return answer(found(graph.model(model, visible=current_principal().visible)))

    @bp.get("/<model>/versions/<version>")
    @permission("models:read")
    @documented(answer={200: VersionSummary})
    def version(model: str, version: str) -> flask.Response:
        """One version of a model, named by its version text or its id."""
        detail = found(graph.model(model, visible=current_principal().visible))
        return answer(found(next((v for v in detail.version_list if version in (v.version, v.id)), None)))

    @bp.get("/<model>/metrics")
    @permission("metrics:read")
    @documented(query=MetricFilter, answer={200: MetricSeries})
    def metrics(model: str) -> flask.Response:
        """A model's metrics over time, all versions, with the thresholds that judge them."""
        return series(model, query(MetricFilter).source)

    @bp.get("/<model>/versions/<version>/metrics")
    @permission("metrics:read")
    @documented(query=VersionMetricFilter, answer={200: MetricSeries})
    def version_metrics(model: str, version: str) -> flask.Response:
        """The metrics of one version over time, with the thresholds that judge them."""
        return series(model, query(VersionMetricFilter).source)

    def series(model: str, source: str) -> flask.Response:
        """What the metrics-engine says at this very path, completed with thresholds.

        Thresholds are an ornament: when alerting does not answer, the series is served without them and says so.
        """
        principal = current_principal()
        answered = engine.get_json(target(flask.request), principal, MetricSeries)
        lines, complete = thresholds(alerting, principal, model)
        answered.thresholds = [
            line
            for line in lines
            if source in (line.source, "*") and (not answered.metrics or line.metric in answered.metrics)
        ]
        return answer(answered, headers={} if complete else {"Headwater-Incomplete": "thresholds"})

    return bp
