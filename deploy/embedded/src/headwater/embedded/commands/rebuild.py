"""`headwater rebuild`: the log is the truth, the graph can be made again."""

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path

import click

from headwater.embedded.data_dir import DataDir, in_use_message
from headwater.embedded.installation import Installation, data_dir_option

PROGRESS_EVERY = 10_000


@click.group()
def command() -> None:
    """Build the graph anew from the log."""


@command.command()
@data_dir_option
def graph(*, data_dir: Path | None) -> None:
    """Replay the whole log into a fresh graph, then put it in place of the old one.

    The product must be stopped. The old graph stays until the new one is complete, so an
    interrupted rebuild changes nothing; start it again.
    """
    here = Installation(data_dir)
    if here.distributed:
        raise click.ClickException(
            "stop the lineage-writer, then rebuild with a fresh Neo4j: it replays the log itself"
        )
    staged = here.data.root / "graph.rebuild.db"
    with _stopped(here.data):
        _remove(staged)
        replayed = _replay(here, staged)
        _remove(here.data.graph)
        staged.rename(here.data.graph)
    click.echo(f"{replayed} records replayed; the graph is in place")


def _replay(here: Installation, staged: Path) -> int:
    from headwater.bus.loop import Loop
    from headwater.lineage_writer.handlers import TOPICS, LineageHandler
    from headwater.runtime.metrics import Metrics
    from headwater.runtime.stop import StopSignal

    replayed = 0
    with here.bus() as bus, here.graph(path=staged, read_only=False) as store:
        store.ensure_schema()
        handler = LineageHandler(store, None, owner="rebuild", metrics=Metrics("rebuild"))
        consumer = bus.consumer(group=None, topics=TOPICS)
        loop = Loop(consumer, handler, _Skipped(), stop=StopSignal(), max_records=2000, poll_timeout=0.0)
        while True:
            moved = loop.step()
            replayed += moved
            if moved and replayed // PROGRESS_EVERY != (replayed - moved) // PROGRESS_EVERY:
                click.echo(f"{replayed} records", err=True)
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


@contextlib.contextmanager
def _stopped(data: DataDir) -> Iterator[None]:
    with data.lock.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise click.ClickException(in_use_message(data)) from None
        yield
