"""The composition of the lineage-writer."""

import os
import socket

from headwater.bus.loop import Loop
from headwater.bus.port import Bus
from headwater.graph.port import GraphStore
from headwater.graph.state.facts import Fact
from headwater.lineage_writer.forgotten import read_forgotten
from headwater.lineage_writer.handlers import TOPICS, LineageHandler
from headwater.lineage_writer.settings import Settings
from headwater.runtime.hosting.consuming import consumer_loop
from headwater.runtime.hosting.parts import Parts
from headwater.runtime.telemetry.series import Telemetry

GROUP = "lineage-writer"
WRITER = "writer"
# A transaction on the graph costs as much as ten events: under load, batch those of twenty milliseconds.
PACE = 0.02


def create_consumer(parts: Parts) -> Loop[list[Fact]]:
    """Wire the writer: lineage, models, outputs, metrics and alerts in, graph changes out."""
    bus = parts.get(Bus)
    handler = LineageHandler(
        parts.get(GraphStore),
        bus.producer(),
        owner=f"{socket.gethostname()}:{os.getpid()}",
        metrics=parts.get(Telemetry),
        forgotten=lambda: read_forgotten(bus),
    )
    settings = parts.get(Settings)
    return consumer_loop(parts, handler, worker=WRITER, group=GROUP, topics=TOPICS, settings=settings, pace=PACE)
