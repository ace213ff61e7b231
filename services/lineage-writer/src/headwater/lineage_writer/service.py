"""What the lineage-writer is: its settings, needs, topics and its one worker."""

from headwater.bus.port import Bus
from headwater.contracts import topics
from headwater.graph.port import GraphStore
from headwater.lineage_writer.app import GROUP, create_consumer
from headwater.lineage_writer.handlers import TOPICS
from headwater.lineage_writer.settings import Settings
from headwater.runtime import telemetry
from headwater.runtime.clock import Clock
from headwater.runtime.health import Health
from headwater.runtime.heartbeat import Heartbeats
from headwater.runtime.parts import Parts
from headwater.runtime.service import Needs, Service, Work, Worker
from headwater.runtime.stop import StopSignal
from headwater.runtime.telemetry import Telemetry

WRITER = "writer"


def _writer(parts: Parts) -> Worker:
    beat = parts.get(Heartbeats).of(WRITER)
    return create_consumer(
        parts.get(Settings),
        bus=parts.get(Bus),
        graph=parts.get(GraphStore),
        stop=parts.get(StopSignal),
        metrics=parts.get(Telemetry),
        clock=parts.get(Clock),
        health=parts.get(Health),
        at=lambda step: beat(),
    )


SERVICE = Service(
    name=GROUP,
    about="Keeps the graph: lineage, models, outputs, metrics and alerts in, graph changes out.",
    settings=Settings,
    needs=Needs(bus=True, graph="write"),
    consumes=TOPICS,
    produces=(topics.GRAPH_CHANGES,),
    workers=[Work(WRITER, _writer)],
    series=[telemetry.ACTIVE_WRITER],
)
