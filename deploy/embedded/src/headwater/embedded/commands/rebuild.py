"""`headwater rebuild`: the log is the truth, the graph can be made again."""

from pathlib import Path

import click

from headwater.embedded.installation import Installation, data_dir_option
from headwater.embedded.lock import alone
from headwater.embedded.replay import rebuild_graph


@click.group()
def command() -> None:
    """Build the graph anew from the log."""


@command.command()
@data_dir_option
def graph(*, data_dir: Path | None) -> None:
    """Replay the whole log into a fresh graph, then put it in place of the old one.

    A running product stands aside meanwhile. The old graph stays until the new one is complete, so an
    interrupted rebuild changes nothing; start it again.
    """
    here = Installation(data_dir)
    if here.distributed:
        raise click.ClickException(
            "stop the lineage-writer, then rebuild with a fresh Neo4j: it replays the log itself"
        )
    with alone(here.data):
        replayed = rebuild_graph(here, progress=lambda records: click.echo(f"{records} records", err=True))
    click.echo(f"{replayed} records replayed; the graph is in place")
