"""The api-gateway, composed."""

from collections.abc import Callable, Mapping
from pathlib import Path

import flask

from headwater.api_gateway.settings import Settings
from headwater.api_gateway.views.forwarded import forwarded_blueprint
from headwater.api_gateway.views.graph import graph_blueprint
from headwater.api_gateway.views.models import models_blueprint
from headwater.api_gateway.views.predictions import predictions_blueprint
from headwater.api_gateway.views.runs import runs_blueprint
from headwater.api_gateway.views.site import site_blueprint
from headwater.api_gateway.views.whole import whole_blueprint
from headwater.contracts.audit import AuditEvent
from headwater.contracts.problems import Problems
from headwater.contracts.storage import DiskFull
from headwater.contracts.times import utc_now
from headwater.graph.errors import GraphUnavailable
from headwater.graph.port import GraphReader
from headwater.runtime.answers import problem_answer
from headwater.runtime.auditing import Refusals
from headwater.runtime.forward import Upstream
from headwater.runtime.health import Health
from headwater.runtime.identity import Verifier
from headwater.runtime.problem import Problem, storage_problem
from headwater.runtime.request_policy import RequestPolicy, policy_of
from headwater.runtime.telemetry import Telemetry
from headwater.runtime.web import create_web_app, request_id

SERVICE = "api-gateway"


def create_app(
    settings: Settings,
    *,
    graph: GraphReader,
    upstreams: Mapping[str, Upstream],
    verifier: Verifier,
    health: Health,
    metrics: Telemetry,
    static_dir: Path | None,
    audit: Callable[[AuditEvent], None],
    policy: RequestPolicy | None = None,
    clock: Callable[[], int] = utc_now,
) -> flask.Flask:
    """Wire the read API.

    upstreams: `auth`, `metrics-engine` and `alerting`. audit: takes exports and refusals, and never waits.
    """
    health.add("graph", graph.check)
    blueprints = [
        graph_blueprint(graph, clock=clock),
        runs_blueprint(graph),
        models_blueprint(graph, engine=upstreams["metrics-engine"], alerting=upstreams["alerting"]),
        predictions_blueprint(graph, engine=upstreams["metrics-engine"]),
        whole_blueprint(graph, audit=audit, clock=clock),
        forwarded_blueprint(upstreams),
        site_blueprint(static_dir),
    ]
    app = create_web_app(
        SERVICE,
        blueprints=blueprints,
        health=health,
        metrics=metrics,
        verifier=verifier,
        policy=policy or policy_of(settings, SERVICE),
        refusals=Refusals(SERVICE, audit, clock=clock),
    )
    app.register_error_handler(GraphUnavailable, _graph_away)
    return app


def _graph_away(error: GraphUnavailable) -> flask.Response:
    if isinstance(error, DiskFull):
        return problem_answer(storage_problem(error), request_id())
    retry = {"Retry-After": str(max(1, round(error.retry_after)))}
    return problem_answer(Problem(Problems.UNAVAILABLE, "The graph does not answer now.", headers=retry), request_id())
