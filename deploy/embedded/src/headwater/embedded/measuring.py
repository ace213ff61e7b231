"""Periodic measurements of the embedded product: its consumers, its log, its disk, its files.

They run in the front process, so they continue when the workers are halted, dead, or stopped because of damage.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

from headwater.bus.embedded import EmbeddedBus
from headwater.bus.embedded_progress import file_bytes, wal_of
from headwater.embedded.data_dir import DataDir
from headwater.embedded.services import CONSUMERS
from headwater.runtime.hosting.consuming import lag_meter
from headwater.runtime.stop import StopSignal
from headwater.runtime.telemetry import series as telemetry
from headwater.runtime.telemetry.meter import Measurement, Meter
from headwater.runtime.telemetry.series import Telemetry

DATABASES = ("auth", "metrics", "alerting")


def start_meter(data: DataDir, bus: EmbeddedBus, metrics: Telemetry, *, floor: int, stop: StopSignal) -> None:
    """Measure until the stop signal. `floor`: free bytes below which events are refused."""
    metrics.of("ingest-gateway").set(telemetry.DISK_FLOOR, floor)
    measurements: list[Measurement] = [
        lag_meter(bus, metrics.of(service.name), group=service.name, topics=service.consumes).measure
        for service in CONSUMERS
        if service.consumes
    ]
    Meter([*measurements, _files(data, metrics)], stop=stop).start()


def _files(data: DataDir, metrics: Telemetry) -> Callable[[], None]:
    def measure() -> None:
        for store, file in _stores(data):
            metrics.set(telemetry.STORE_BYTES, file_bytes(file), store=store)
            metrics.set(telemetry.WAL_BYTES, file_bytes(wal_of(file)), file=store)
        for topic in data.bus.glob("*.db"):
            metrics.set(telemetry.WAL_BYTES, file_bytes(wal_of(topic)), file=topic.stem)

    return measure


def _stores(data: DataDir) -> Iterator[tuple[str, Path]]:
    yield "graph", data.graph
    for name in DATABASES:
        yield name, data.database(name)
