"""`headwater rebuild`: the log is the truth, the graph can be made again."""

from pathlib import Path

import click

from headwater.embedded.installation import Installation, data_dir_option
from headwater.embedded.lock import alone
from headwater.embedded.replay import rebuild_graph, start_over


@click.group()
def command() -> None:
    """Build the graph anew from the log."""


@command.command()
@data_dir_option
def graph(*, data_dir: Path | None) -> None:
    """Replay the whole log into a fresh graph.

    Embedded: a running product stands aside meanwhile, and the old graph stays until the new one is complete;
    an interrupted rebuild changes nothing. Distributed: the graph is emptied, and the lineage-writer fills it.
    """
    here = Installation(data_dir)
    if here.distributed:
        start_over(here)
        click.echo("the graph is empty; the lineage-writer starts again and replays the log into it")
        return
    with alone(here.data):
        replayed = rebuild_graph(here, progress=lambda records: click.echo(f"{records} records", err=True))
    click.echo(f"{replayed} records replayed; the graph is in place")
