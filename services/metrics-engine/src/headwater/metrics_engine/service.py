"""The declaration of the metrics-engine: its settings, needs, routes, topics and its worker."""

from headwater.bus.errors import Transient
from headwater.contracts import topics
from headwater.contracts.problems import Problems
from headwater.evaluation import UnreadableState
from headwater.metrics_engine import views
from headwater.metrics_engine.app import ENGINE, GROUP, create_consumer
from headwater.metrics_engine.database import DATABASE
from headwater.metrics_engine.forgetting import forget
from headwater.metrics_engine.handlers import TOPICS
from headwater.metrics_engine.settings import Settings
from headwater.runtime.hosting.service import Needs, Service, Work
from headwater.runtime.telemetry import series as telemetry
from headwater.runtime.web.problem import Problem, away

SERVICE = Service(
    name=GROUP,
    about="Joins labels with predictions, computes metrics and versions them by window.",
    settings=Settings,
    needs=Needs(bus=True, database=DATABASE, identity=True),
    routes=[views.routes],
    consumes=TOPICS,
    produces=(topics.METRIC_RESULTS, topics.MODEL_OUTPUTS),
    forget=forget,
    workers=[Work(ENGINE, create_consumer)],
    series=[
        telemetry.PREDICTIONS,
        telemetry.LABELS,
        telemetry.LABELS_WAITING,
        telemetry.WINDOWS_REVISED,
        telemetry.EVALUATIONS,
        telemetry.OUTBOX_PENDING,
    ],
    errors={
        Transient: away("The metrics do not answer now."),
        UnreadableState: lambda error: Problem(Problems.INTERNAL, f"{error}."),
    },
)
