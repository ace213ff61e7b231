"""The declaration of the api-gateway: its settings, needs and routes; and of the stream program, which shares them."""

from headwater.api_gateway import stream
from headwater.api_gateway.settings import Settings
from headwater.api_gateway.signals import TOPICS
from headwater.api_gateway.views import description, forwarded, graph, models, predictions, runs, site, whole
from headwater.contracts import topics
from headwater.contracts.problems import Problems
from headwater.contracts.storage import DiskFull
from headwater.graph.errors import GraphUnavailable
from headwater.runtime.hosting.service import Needs, Service, Work
from headwater.runtime.telemetry import series as telemetry
from headwater.runtime.web.problem import Problem, storage_problem


def graph_away(error: GraphUnavailable) -> Problem:
    if isinstance(error, DiskFull):
        return storage_problem(error)
    retry = {"Retry-After": str(max(1, round(error.retry_after)))}
    return Problem(Problems.UNAVAILABLE, "The graph does not answer now.", headers=retry)


SERVICE = Service(
    name="api-gateway",
    about="Answers queries about the graph, forwards other requests to their owners, and serves the dashboard.",
    settings=Settings,
    needs=Needs(bus=True, graph="read", identity=True, audit=True, services=forwarded.OWNERS),
    routes=[
        graph.routes,
        runs.routes,
        models.routes,
        predictions.routes,
        whole.routes,
        forwarded.routes,
        description.routes,
        site.routes,
    ],
    produces=(topics.AUDIT_EVENTS,),
    errors={GraphUnavailable: graph_away},
)

STREAM = Service(
    name=stream.NAME,
    about="Notifies open dashboards of changes.",
    settings=Settings,
    needs=Needs(bus=True, identity=True),
    compose=stream.compose,
    routes=[stream.routes],
    follows=TOPICS,
    workers=[Work(stream.FOLLOWER, stream.create_follower)],
    series=[telemetry.STREAM_CLIENTS],
)
