"""Each alert of the product about itself fires when its condition is caused, and resolves when that has ended.

Prometheus and Alertmanager are real; the rules are the shipped ones, their times divided by sixty.
"""

import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from headwater.bus.embedded import EmbeddedBus
from headwater.bus.port import Outgoing
from headwater.contracts import topics
from headwater.local.ports import free_port
from tests.integration.bad_events import LINEAGE, named, run_event
from tests.integration.commands import succeeds
from tests.monitored import Alerts, alerts_of
from tests.product import Product, running

pytestmark = [pytest.mark.embedded, pytest.mark.timeout(600)]
FACTOR = 1 / 60
MEGABYTE = 1_000_000
SHARED_MEMORY = Path("/dev/shm")
BEHIND = 10_001
EXPECTED = {
    "HeadwaterServiceDown",
    "HeadwaterConsumerLag",
    "HeadwaterOldestRecord",
    "HeadwaterDependencyDown",
    "HeadwaterDeadLetters",
    "HeadwaterDisk",
    "HeadwaterErrors",
}


@pytest.fixture
def quiet_disk(tmp_path: Path) -> Iterator[Path]:
    """A directory on a disk that little else writes to, if the machine has one."""
    if not os.access(SHARED_MEMORY, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=SHARED_MEMORY, prefix="headwater-") as found:
        yield Path(found)


@contextmanager
def ballast(directory: Path, size: int) -> Iterator[None]:
    """A file of so many bytes."""
    file = directory / "ballast"
    with file.open("wb") as opened:
        os.posix_fallocate(opened.fileno(), 0, size)
    yield
    file.unlink()


@contextmanager
def halted_consumers(product: Product) -> Iterator[None]:
    workers = product.child("workers")
    workers.suspend()
    yield
    workers.resume()


@contextmanager
def without_log(product: Product) -> Iterator[None]:
    """Move the store of the events away: nothing can be appended."""
    there, away = product.data_dir / "bus", product.data_dir / "bus.away"
    there.rename(away)
    yield
    away.rename(there)


@contextmanager
def failing_requests(product: Product) -> Iterator[None]:
    """A client that keeps sending events, whatever the response."""
    stop = threading.Event()

    def send() -> None:
        while not stop.wait(0.05):
            product.post(LINEAGE, run_event(job=named(name="again")))

    sender = threading.Thread(target=send)
    sender.start()
    yield
    stop.set()
    sender.join()


def post_many(product: Product, count: int) -> None:
    for start in range(0, count, 1000):
        batch = [run_event(job=named(name=f"job {start + i}")) for i in range(min(1000, count - start))]
        product.post(f"{LINEAGE}/batch", batch).raise_for_status()


def leave_a_dead_letter(product: Product) -> None:
    """Append to the log directly, as the gateway would refuse it."""
    bus = EmbeddedBus(product.data_dir / "bus")
    bus.producer().send_all([Outgoing(topics.LINEAGE_EVENTS, b"k", b"no event")], timeout=10)
    bus.close()


def test_every_alert_fires_and_resolves(quiet_disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    floor = (shutil.disk_usage(quiet_disk).free - 200 * MEGABYTE) // 2 // MEGABYTE
    monkeypatch.setenv("HEADWATER_DISK_FLOOR_MB", str(floor))
    port = free_port()
    with (
        running(quiet_disk / "data", "--port", str(port)) as product,
        alerts_of({"headwater": f"127.0.0.1:{port}"}, tmp_path / "monitoring", factor=FACTOR) as alerts,
    ):
        leave_a_dead_letter(product)
        alerts.await_firing("HeadwaterDeadLetters")
        with ballast(quiet_disk, 400 * MEGABYTE), halted_consumers(product):
            post_many(product, BEHIND)
            alerts.await_firing("HeadwaterDisk", "HeadwaterConsumerLag", "HeadwaterOldestRecord")
            with without_log(product), failing_requests(product):
                alerts.await_firing("HeadwaterDependencyDown", "HeadwaterErrors")
        succeeds(*["dead-letters", "discard", "--yes", "--topic", "lineage.events", "--data-dir"], product.data_dir)
        _stop_and_start(product, alerts)
        alerts.await_resolved(*alerts.heard_of())
        assert alerts.heard_of() == EXPECTED


def _stop_and_start(product: Product, alerts: Alerts) -> None:
    alerts.await_resolved("HeadwaterErrors")  # a series that ends would resolve it too, which is not what this tests
    product.stop()
    alerts.await_firing("HeadwaterServiceDown")
    product.start()
