"""One thread that reads, revises and sends: the consumer loop, and pending work between its iterations."""

from collections.abc import Callable

from headwater.bus.errors import Fatal, Transient, Unavailable
from headwater.bus.loop import Loop, Stop
from headwater.bus.outbox import OutboxRelay
from headwater.bus.port import Consumer, Producer
from headwater.contracts.times import utc_now
from headwater.metrics_engine.batch import Observed
from headwater.metrics_engine.handlers import MetricsHandler
from headwater.runtime.logs.lines import get_logger

DAY = 86_400_000_000
FIRST_TIDY = 600_000_000
MEASURE_PERIOD = 10_000_000
FAILED_PAUSE = 5_000_000
DUE_SECONDS = 0.1
"""How often windows that wait for their next revision are looked at."""
RELAY_PERIOD = 1_000_000
"""How often the outbox is read although nothing was written here: another process may have left messages."""


class Engine:
    """Runs like a `Loop`: `step()` for tests, `run()` until the stop signal."""

    def __init__(
        self,
        loop: Loop[Observed],
        handler: MetricsHandler,
        *,
        consumer: Consumer,
        producer: Producer,
        stop: Stop,
        kept_days: int,
        clock: Callable[[], int] = utc_now,
    ) -> None:
        self._loop, self._handler, self._stop = loop, handler, stop
        self._consumer, self._producer = consumer, producer
        self._relay = OutboxRelay(handler.pending, handler.mark_sent, producer, clock=clock)
        self._kept_days, self._clock = kept_days, clock
        self._resume_at = self._measure_at = self._relay_at = 0
        self._tidy_at = clock() + FIRST_TIDY

    def run(self) -> None:
        """Step until the stop signal, then send pending messages. Raises Fatal and unexpected errors."""
        try:
            while not self._stop.is_set():
                self.step()
            self._resume_at = self._relay_at = 0
            self._tend(0)
        finally:
            self._consumer.close()
            self._producer.close()

    def step(self) -> int:
        """One iteration. Returns how many records it moved past."""
        moved = self._loop.step(at_most=DUE_SECONDS if self._handler.has_due else None)
        self._tend(moved)
        return moved

    def _tend(self, moved: int) -> None:
        """Publish due revisions, send waiting messages, delete old rows; failures are retried a little later."""
        if self._clock() < self._resume_at:
            return
        try:
            if self._handler.publish_due() or moved or not 0 <= self._relay_at - self._clock() <= RELAY_PERIOD:
                self._relay_at = 0  # until all are sent
                while self._relay.relay():
                    pass
                self._relay_at = self._clock() + RELAY_PERIOD
            self._run_due_tasks()
        except (Transient, Unavailable) as error:
            self._resume_at = self._clock() + int(error.retry_after * 1_000_000)
            get_logger("engine").warning("publishing_waits", reason=str(error))
        except Fatal:
            raise
        except Exception as error:
            # A failure of one window must not stop the reading of events.
            self._resume_at = self._clock() + FAILED_PAUSE
            get_logger("engine").exception("revisions_failed", exc_info=error)

    def _run_due_tasks(self) -> None:
        now = self._clock()
        if now >= self._measure_at:
            self._measure_at = now + MEASURE_PERIOD
            self._handler.measure_waiting()
        if now >= self._tidy_at:
            self._tidy_at = now + DAY
            gone = self._handler.forget(older_than_days=self._kept_days)
            get_logger("engine").info("rows_forgotten", rows=gone, older_than_days=self._kept_days)
