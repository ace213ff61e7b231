"""Questions about predictions and metrics, and arrays evaluated on request."""

import re

import flask
import sqlalchemy as sa

from headwater.bus.errors import DiskFull, Transient
from headwater.contracts.api.models import MetricSeries, PredictionDetail
from headwater.contracts.metrics import MetricValue
from headwater.contracts.problems import Problems
from headwater.evaluation import Parameters, UnreadableState, evaluate
from headwater.metrics_engine import queries
from headwater.metrics_engine.database import reading
from headwater.metrics_engine.queries import Asked, Model
from headwater.metrics_engine.questions import Evaluation, EvaluationAnswer, MetricFilter, PredictionLookup
from headwater.runtime.answers import problem_answer
from headwater.runtime.problem import Problem, storage_problem
from headwater.runtime.telemetry import EVALUATIONS, Telemetry
from headwater.runtime.web import answer, body, current_principal, documented, permission, query, request_id


def metrics_blueprint(store: sa.Engine, *, kept_days: int, metrics: Telemetry) -> flask.Blueprint:
    """The routes of the metrics engine."""
    bp = flask.Blueprint("metrics-engine", __name__, url_prefix="/api/v1")

    @bp.get("/predictions")
    @permission("predictions:read")
    @documented(query=PredictionLookup, answer={200: PredictionDetail})
    def prediction() -> flask.Response:
        """One prediction with its labels."""
        asked = query(PredictionLookup)
        visible = current_principal().visible
        with reading(store) as connection:
            model = _model(connection, asked.model)
            found = queries.prediction(connection, model, asked.id, visible=visible, kept_days=kept_days)
        if found is None:
            raise Problem(Problems.NOT_FOUND, "The model has no prediction of this id, or it is no longer kept.")
        return answer(found)

    @bp.get("/models/<model>/metrics")
    @permission("metrics:read")
    @documented(query=MetricFilter, answer={200: MetricSeries})
    def model_metrics(model: str) -> flask.Response:
        """A model's metrics over time, all versions."""
        return _series(store, model, None)

    @bp.get("/models/<model>/versions/<version>/metrics")
    @permission("metrics:read")
    @documented(query=MetricFilter, answer={200: MetricSeries})
    def version_metrics(model: str, version: str) -> flask.Response:
        """The metrics of one version over time."""
        return _series(store, model, version)

    @bp.post("/evaluations")
    @permission("evaluations:run")
    @documented(body=Evaluation, answer={200: EvaluationAnswer})
    def evaluation() -> flask.Response:
        """Metrics of arrays; nothing is stored."""
        asked = body(Evaluation)
        try:
            results = _evaluated(asked)
        except ValueError as error:
            metrics.inc(EVALUATIONS, task=asked.task, result="refused")
            raise _refused(error) from None
        metrics.inc(EVALUATIONS, task=asked.task, result="done")
        return answer(EvaluationAnswer(task=asked.task, results=results))

    @bp.errorhandler(Transient)
    def database_away(error: Transient) -> flask.Response:
        """The tables do not answer, or cannot grow."""
        if isinstance(error, DiskFull):
            return problem_answer(storage_problem(error), request_id())
        retry = {"Retry-After": str(max(1, round(error.retry_after)))}
        away = Problem(Problems.UNAVAILABLE, "The metrics do not answer now.", headers=retry)
        return problem_answer(away, request_id())

    @bp.errorhandler(UnreadableState)
    def unreadable(error: UnreadableState) -> flask.Response:
        """The tables hold what this program cannot read."""
        return problem_answer(Problem(Problems.INTERNAL, f"{error}."), request_id())

    return bp


def _model(connection: sa.Connection, key: str) -> Model:
    found = queries.model(connection, key)
    if found is None or not current_principal().visible.allows(found.ref.namespace):
        raise Problem(Problems.NOT_FOUND, "There is no such model, or you may not see it.")
    return found


def _series(store: sa.Engine, key: str, version: str | None) -> flask.Response:
    asked = query(MetricFilter)
    with reading(store) as connection:
        model = _model(connection, key)
        wanted = asked.version if version is None else queries.version_text(connection, model, version)
        if version is not None and wanted is None:
            raise Problem(Problems.NOT_FOUND, f"The model has no version {version[:100]!r}.")
        which = Asked(asked.metric, wanted, asked.slice_key(), asked.start_from(), asked.start_before(), asked.limit)
        return answer(queries.series(connection, model, which))


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
    """The message of `evaluate` begins with the argument at fault; the body calls weights sample_weight."""
    message = re.sub(r"^weights", "sample_weight", str(error))
    match = re.match(r"[a-z_.]+(\[\d+\])?", message)
    field = match.group() if match else ""
    return Problem(Problems.INVALID, message, errors=[{"field": field, "message": message}])
