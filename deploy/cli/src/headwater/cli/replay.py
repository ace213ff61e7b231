"""Rebuilds the graph from the log."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from headwater.bus.errors import DiskFull, Unavailable
from headwater.bus.loop import Loop
from headwater.bus.port import Consumer
from headwater.cli.installation import ACTOR, Installation
from headwater.embedded.data_dir import remove_database
from headwater.lineage_writer.forgotten import forget, read_forgotten
from headwater.lineage_writer.handlers import TOPICS, LineageHandler
from headwater.runtime.stop import StopSignal
from headwater.runtime.telemetry.series import Telemetry

PROGRESS_SECONDS = 1.0
PATIENCE_SECONDS = 30.0
PAUSE = 0.05


class Progress(NamedTuple):
    """The progress of a replay: records done, records in total, and the seconds it took."""

    done: int
    total: int
    seconds: float

    @property
    def rate(self) -> float:
        """Records a second."""
        return self.done / self.seconds if self.seconds > 0 else 0.0

    @property
    def seconds_left(self) -> float | None:
        """None before the rate is known."""
        return max(0, self.total - self.done) / self.rate if self.done else None


Told = Callable[[Progress], None]


def rebuild_graph(here: Installation, *, progress: Told, monotonic: Callable[[], float] = time.monotonic) -> int:
    """Replay the log into a new graph and replace the old one by it; returns how many records.

    The caller holds the maintenance lock. `progress` is called about every second. When it fails the old graph is
    unchanged, and it can be repeated: raises Damaged where the log is damaged, DiskFull, or Unavailable when there was
    no progress for half a minute.
    """
    staged = here.data.rebuilt
    remove_database(staged)
    try:
        replayed = _replay(here, staged, progress, monotonic)
        remove_database(here.data.graph)
        staged.rename(here.data.graph)
    finally:
        remove_database(staged)
    return replayed


def start_over(here: Installation) -> None:
    """Distributed: empty the graph and fence the lineage-writer, so that it restarts."""
    with here.neo4j() as graph:
        graph.start_over("rebuild")
    with here.bus() as bus:
        forget(bus, [], before=0, actor=ACTOR)


def _replay(here: Installation, staged: Path, progress: Told, monotonic: Callable[[], float]) -> int:
    with here.bus() as bus, here.graph(path=staged, read_only=False) as store:
        store.ensure_schema()
        handler = LineageHandler(
            store, None, owner="rebuild", metrics=Telemetry("rebuild"), forgotten=lambda: read_forgotten(bus)
        )
        consumer = bus.consumer(group=None, topics=TOPICS)
        loop = Loop(consumer, handler, _Skipped(), stop=StopSignal(), max_records=2000, poll_timeout=0.0)
        try:
            return _run(loop, lambda: _left(consumer, handler), progress, monotonic)
        finally:
            consumer.close()


def _left(consumer: Consumer, handler: LineageHandler) -> int:
    """Offsets between the graph's position and the ends of the log."""
    reached = handler.positions()
    return sum(max(0, end - reached.get(source, 0)) for source, end in consumer.end_offsets().items())


def _run(loop: Loop[Any], left: Callable[[], int], progress: Told, monotonic: Callable[[], float]) -> int:
    """Step until nothing is left."""
    began = reported = moved_at = monotonic()
    total, replayed = left(), 0
    while True:
        moved = loop.step()
        now = monotonic()
        replayed += moved
        if moved:
            moved_at = now
        elif not left():
            return replayed
        else:
            _refuse_to_wait(loop.waits_for, now - moved_at)
            time.sleep(PAUSE)
        if now - reported >= PROGRESS_SECONDS:
            reported = now
            progress(Progress(total - left(), total, now - began))


def _refuse_to_wait(reason: Exception | None, seconds: float) -> None:
    """A full disk stays full while we wait, because we fill it; other errors may be temporary."""
    if isinstance(reason, DiskFull):
        raise reason
    if seconds > PATIENCE_SECONDS:
        raise reason or Unavailable(f"nothing could be read from the log for {seconds:.0f} seconds")


class _Skipped:
    """Dead letters were stored at first handling; a replay skips them."""

    def store(self, entries: object) -> None:
        """Nothing to keep."""
