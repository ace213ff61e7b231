"""The declaration of the lineage-writer: its settings, needs, topics and its worker."""

from headwater.contracts import topics
from headwater.lineage_writer.app import GROUP, WRITER, create_consumer
from headwater.lineage_writer.handlers import TOPICS
from headwater.lineage_writer.settings import Settings
from headwater.runtime.hosting.service import Needs, Service, Work
from headwater.runtime.telemetry import series as telemetry

SERVICE = Service(
    name=GROUP,
    about="Writes the graph: lineage, models, outputs, metrics and alerts in, graph changes out.",
    settings=Settings,
    needs=Needs(bus=True, graph="write"),
    consumes=TOPICS,
    produces=(topics.GRAPH_CHANGES,),
    workers=[Work(WRITER, create_consumer)],
    series=[telemetry.ACTIVE_WRITER],
)
