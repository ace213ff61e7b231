"""Models and versions from the graph; their series from the metrics-engine, their thresholds from alerting."""

import flask

from headwater.api_gateway.questions import MetricFilter, ModelFilter, VersionMetricFilter, found
from headwater.api_gateway.thresholds import thresholds
from headwater.contracts.api.models import MetricSeries, ModelDetail, ModelPage, VersionSummary
from headwater.graph.port import GraphReader
from headwater.runtime.identity.principal import Principal
from headwater.runtime.web.answers import answer
from headwater.runtime.web.forward import Upstreams, target
from headwater.runtime.web.routes import Routes

routes = Routes()
MODELS = "/api/v1/models"


@routes.get(MODELS, permission="models:read", query=ModelFilter, answer=ModelPage)
def models(query: ModelFilter, principal: Principal, graph: GraphReader) -> ModelPage:
    """Models, by name."""
    return graph.models(text=query.q, limit=query.limit, cursor=query.cursor, visible=principal.visible)


@routes.get(f"{MODELS}/<model>", permission="models:read", answer=ModelDetail, example={"path": {"model": "{model}"}})
def model(model: str, principal: Principal, graph: GraphReader) -> ModelDetail:
    """One model with its versions."""
    return found(graph.model(model, visible=principal.visible))


@routes.get(
    f"{MODELS}/<model>/versions/<version>",
    permission="models:read",
    answer=VersionSummary,
    example={"path": {"model": "{model}", "version": "3"}},
)
def version(model: str, version: str, principal: Principal, graph: GraphReader) -> VersionSummary:
    """One version of a model, named by its version text or its id."""
    detail = found(graph.model(model, visible=principal.visible))
    return found(next((v for v in detail.version_list if version in (v.version, v.id)), None))


@routes.get(
    f"{MODELS}/<model>/metrics",
    permission="metrics:read",
    query=MetricFilter,
    answer=MetricSeries,
    example={"path": {"model": "{model}"}},
)
def metrics(model: str, query: MetricFilter, principal: Principal, upstreams: Upstreams) -> flask.Response:
    """A model's metrics over time, all versions, with the thresholds that judge them."""
    return _series(model, query.source, principal, upstreams)


@routes.get(
    f"{MODELS}/<model>/versions/<version>/metrics",
    permission="metrics:read",
    query=VersionMetricFilter,
    answer=MetricSeries,
    example={"path": {"model": "{model}", "version": "3"}},
)
def version_metrics(
    model: str, version: str, query: VersionMetricFilter, principal: Principal, upstreams: Upstreams
) -> flask.Response:
    """The metrics of one version over time, with the thresholds that judge them."""
    return _series(model, query.source, principal, upstreams)


def _series(model: str, source: str, principal: Principal, upstreams: Upstreams) -> flask.Response:
    """The response of the metrics-engine at the same path, completed with thresholds.

    When alerting does not answer, the series is served without thresholds, which a header indicates.
    """
    answered = upstreams["metrics-engine"].get_json(target(flask.request), principal, MetricSeries)
    lines, complete = thresholds(upstreams["alerting"], principal, model)
    answered.thresholds = [
        line
        for line in lines
        if source in (line.source, "*") and (not answered.metrics or line.metric in answered.metrics)
    ]
    return answer(answered, headers={} if complete else {"Headwater-Incomplete": "thresholds"})
