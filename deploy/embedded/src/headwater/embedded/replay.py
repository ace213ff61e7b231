"""The log is the truth: the graph can be made again from it."""

from collections.abc import Callable
from pathlib import Path

import msgspec

from headwater.bus.loop import Loop
from headwater.bus.port import Outgoing
from headwater.contracts.edits import Edit, ForgetNamespaces
from headwater.contracts.topics import LINEAGE_EDITS
from headwater.embedded.installation import Installation
from headwater.lineage_writer.forgotten import read_forgotten
from headwater.lineage_writer.handlers import TOPICS, LineageHandler
from headwater.runtime.metrics import Metrics
from headwater.runtime.stop import StopSignal

PROGRESS_EVERY = 10_000
SEND_SECONDS = 10.0


def rebuild_graph(here: Installation, *, progress: Callable[[int], None]) -> int:
    """Replay the log into a fresh graph and put it in place of the old one; returns how many records.

    Whoever calls holds the data directory alone. `progress` hears now and then how far it is.
    """
    staged = here.data.root / "graph.rebuild.db"
    _remove(staged)
    replayed = _replay(here, staged, progress)
    _remove(here.data.graph)
    staged.rename(here.data.graph)
    return replayed


def start_over(here: Installation) -> None:
    """Distributed: empty the graph and let the lineage-writer find that it was fenced, so that it starts again."""
    with here.neo4j() as graph:
        graph.start_over("rebuild")
    tell(here, ForgetNamespaces(namespaces=[], received_before=0, actor="cli"))


def tell(here: Installation, edit: Edit) -> None:
    """Put an edit into the log."""
    key = "".join(edit.namespaces[:1]).encode()
    with here.bus() as bus:
        bus.producer().send_all([Outgoing(LINEAGE_EDITS, key, msgspec.json.encode(edit))], timeout=SEND_SECONDS)


def _replay(here: Installation, staged: Path, progress: Callable[[int], None]) -> int:
    replayed = 0
    with here.bus() as bus, here.graph(path=staged, read_only=False) as store:
        store.ensure_schema()
        handler = LineageHandler(
            store, None, owner="rebuild", metrics=Metrics("rebuild"), forgotten=lambda: read_forgotten(bus)
        )
        consumer = bus.consumer(group=None, topics=TOPICS)
        loop = Loop(consumer, handler, _Skipped(), stop=StopSignal(), max_records=2000, poll_timeout=0.0)
        while True:
            moved = loop.step()
            replayed += moved
            if moved and replayed // PROGRESS_EVERY != (replayed - moved) // PROGRESS_EVERY:
                progress(replayed)
            if not moved and all(handler.positions().get(s, 0) >= end for s, end in consumer.end_offsets().items()):
                consumer.close()
                return replayed


class _Skipped:
    """Dead letters were stored when they came; a replay passes over them."""

    def store(self, letters: object) -> None:
        """Nothing to keep."""


def _remove(path: Path) -> None:
    for name in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
        name.unlink(missing_ok=True)
