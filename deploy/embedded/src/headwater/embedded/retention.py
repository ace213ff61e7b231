"""Deletes expired records of the embedded log; in distributed mode Kafka does it."""

from collections.abc import Callable

from headwater.bus.embedded import EmbeddedBus
from headwater.bus.errors import BusError
from headwater.bus.topics import oldest_kept
from headwater.contracts.storage import Damaged
from headwater.contracts.times import utc_now
from headwater.runtime.hosting.parts import Parts
from headwater.runtime.hosting.periodic import MemoryLedger, Scheduler
from headwater.runtime.hosting.service import every
from headwater.runtime.logs.lines import get_logger
from headwater.runtime.stop import StopSignal
from headwater.runtime.telemetry.series import Telemetry

FIRST_SECONDS = 60.0


def trim(bus: EmbeddedBus, *, now: int) -> int:
    """Trim every topic; returns how many records were deleted. A failure for one does not affect the others."""
    log, dropped = get_logger("retention"), 0
    for topic, before in oldest_kept(sorted(bus.created()), now=now).items():
        try:
            gone = bus.trim(topic, before=before)
        except (BusError, Damaged) as error:
            log.warning("topic_not_trimmed", topic=topic, error=str(error))
            continue
        if gone:
            log.info("topic_trimmed", topic=topic, records=gone)
        dropped += gone
    return dropped


def keep_trimming(
    bus: EmbeddedBus, stop: StopSignal, metrics: Telemetry, *, clock: Callable[[], int] = utc_now
) -> None:
    """Soon after the start and then every hour, until the stop signal; counted like the periodic tasks of services."""

    def trim_log(parts: Parts) -> str:
        return f"{trim(bus, now=clock())} records deleted"

    scheduler = Scheduler([every(trim_log, hours=1)], Parts(), MemoryLedger(), metrics, stop=stop, clock=clock)
    if not stop.wait(FIRST_SECONDS):
        scheduler.run()
