"""Routes for predictions and metrics, and for evaluation of arrays on request."""

import re

import sqlalchemy as sa

from headwater.contracts.api.models import MetricSeries, PredictionDetail
from headwater.contracts.metrics import MetricValue
from headwater.contracts.problems import Problems
from headwater.evaluation import Parameters, evaluate
from headwater.metrics_engine import queries
from headwater.metrics_engine.database import reading
from headwater.metrics_engine.queries import Asked, Model
from headwater.metrics_engine.questions import Evaluation, EvaluationAnswer, MetricFilter, PredictionLookup
from headwater.metrics_engine.settings import Settings
from headwater.runtime.identity.principal import Principal
from headwater.runtime.telemetry.series import EVALUATIONS, Telemetry
from headwater.runtime.web.problem import Problem
from headwater.runtime.web.routes import Routes

routes = Routes()


@routes.get("/api/v1/predictions", permission="predictions:read", query=PredictionLookup, answer=PredictionDetail)
def prediction(query: PredictionLookup, principal: Principal, store: sa.Engine, settings: Settings) -> PredictionDetail:
    """One prediction with its labels."""
    with reading(store) as connection:
        model = _model(connection, query.model, principal)
        found = queries.prediction(connection, model, query.id, visible=principal.visible, kept_days=settings.kept_days)
    if found is None:
        raise Problem(Problems.NOT_FOUND, "The model has no prediction of this id, or it is no longer kept.")
    return found


@routes.get("/api/v1/models/<model>/metrics", permission="metrics:read", query=MetricFilter, answer=MetricSeries)
def model_metrics(model: str, query: MetricFilter, principal: Principal, store: sa.Engine) -> MetricSeries:
    """A model's metrics over time, all versions."""
    with reading(store) as connection:
        return _series(connection, _model(connection, model, principal), query, query.version)


@routes.get(
    "/api/v1/models/<model>/versions/<version>/metrics",
    permission="metrics:read",
    query=MetricFilter,
    answer=MetricSeries,
)
def version_metrics(
    model: str, version: str, query: MetricFilter, principal: Principal, store: sa.Engine
) -> MetricSeries:
    """The metrics of one version over time."""
    with reading(store) as connection:
        found = _model(connection, model, principal)
        wanted = queries.version_text(connection, found, version)
        if wanted is None:
            raise Problem(Problems.NOT_FOUND, f"The model has no version {version[:100]!r}.")
        return _series(connection, found, query, wanted)


@routes.post(
    "/api/v1/evaluations",
    permission="evaluations:run",
    body=Evaluation,
    answer=EvaluationAnswer,
    example={
        "body": {
            "task": "binary",
            "y_true": ["yes", "no", "yes"],
            "y_pred": ["yes", "no", "no"],
            "metrics": ["accuracy"],
        }
    },
)
def evaluation(body: Evaluation, metrics: Telemetry) -> EvaluationAnswer:
    """Metrics of arrays; nothing is stored."""
    try:
        results = _evaluated(body)
    except ValueError as error:
        metrics.inc(EVALUATIONS, task=body.task, result="refused")
        raise _refused(error) from None
    metrics.inc(EVALUATIONS, task=body.task, result="done")
    return EvaluationAnswer(task=body.task, results=results)


def _model(connection: sa.Connection, key: str, principal: Principal) -> Model:
    found = queries.model(connection, key)
    if found is None or not principal.visible.allows(found.ref.namespace):
        raise Problem(Problems.NOT_FOUND, "There is no such model, or you may not see it.")
    return found


def _series(connection: sa.Connection, model: Model, query: MetricFilter, version: str | None) -> MetricSeries:
    which = Asked(
        query.wanted_source(),
        query.metric,
        version,
        query.slice_key(),
        query.start_from(),
        query.start_before(),
        query.limit,
    )
    return queries.series(connection, model, which)


def _evaluated(asked: Evaluation) -> list[MetricValue]:
    params = asked.params
    estimates = evaluate(
        asked.task,
        asked.y_true,
        asked.y_pred,
        asked.sample_weight,
        asked.metrics,
        y_score=asked.y_score,
        parameters=Parameters(
            positive=params.positive,
            labels=None if params.labels is None else tuple(params.labels),
            threshold=params.threshold,
        ),
    )
    return [
        MetricValue(
            metric=e.metric,
            definition=e.definition,
            value=e.value,
            reason=e.reason,
            interval=e.interval,
            n=e.n,
            labelled=e.labelled,
        )
        for e in estimates
    ]


def _refused(error: ValueError) -> Problem:
    """The message of `evaluate` begins with the wrong argument; the body calls weights sample_weight."""
    message = re.sub(r"^weights", "sample_weight", str(error))
    match = re.match(r"[a-z_.]+(\[\d+\])?", message)
    field = match.group() if match else ""
    return Problem(Problems.INVALID, message, errors=[{"field": field, "message": message}])
