"""The lineage-writer, composed."""

import os
import socket
from collections.abc import Callable

from headwater.bus.deadletter import dead_letters
from headwater.bus.loop import Loop, Stop
from headwater.bus.port import Bus
from headwater.contracts.times import utc_now
from headwater.graph.facts import Fact
from headwater.graph.port import GraphWriter
from headwater.lineage_writer.forgotten import read_forgotten
from headwater.lineage_writer.handlers import TOPICS, LineageHandler
from headwater.lineage_writer.settings import Settings
from headwater.runtime.consuming import LoopSeries
from headwater.runtime.health import Health
from headwater.runtime.telemetry import Telemetry

GROUP = "lineage-writer"
# A transaction on the graph costs as much as ten events: under load let twenty milliseconds of them gather.
PACE = 0.02


def create_consumer(
    settings: Settings,
    *,
    bus: Bus,
    graph: GraphWriter,
    stop: Stop,
    metrics: Telemetry,
    clock: Callable[[], int] = utc_now,
    health: Health | None = None,
    at: Callable[[str], None] = lambda step: None,
) -> Loop[list[Fact]]:
    """Wire the writer: lineage, models, outputs, metrics and alerts in, graph changes out.

    at: called with each step of the loop.
    """
    dead_letter_store = dead_letters(bus, service=GROUP, limit=settings.dead_letter_limit)
    if health is not None:
        health.add("dead letters", dead_letter_store.check)
    owner = f"{socket.gethostname()}:{os.getpid()}"
    return Loop(
        bus.consumer(group=GROUP, topics=TOPICS),
        LineageHandler(graph, bus.producer(), owner=owner, metrics=metrics, forgotten=lambda: read_forgotten(bus)),
        dead_letter_store,
        stop=stop,
        clock=clock,
        metrics=LoopSeries(metrics),
        max_records=settings.batch_records,
        pace=PACE,
        at=at,
    )
