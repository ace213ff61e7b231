"""`headwater rebuild`: rebuilds the graph from the log."""

import json
from pathlib import Path

import click

from headwater.cli.installation import Installation, data_dir_option
from headwater.cli.replay import Progress, rebuild_graph, start_over
from headwater.embedded.lock import alone


@click.group()
def command() -> None:
    """Rebuild the graph from the log."""


@command.command()
@data_dir_option
@click.option("--json", "as_json", is_flag=True, help="Print the progress as JSON, one object per line.")
def graph(*, data_dir: Path | None, as_json: bool) -> None:
    """Replay the whole log into a new graph.

    Embedded: a running product stops meanwhile, and the old graph stays until the new one is complete;
    an interrupted rebuild changes nothing and can be repeated. It stops where the log is damaged and prints the file.
    Distributed: the graph is emptied, and the lineage-writer fills it.
    """
    here = Installation(data_dir)
    if here.distributed:
        start_over(here)
        click.echo("the graph is empty; the lineage-writer starts again and replays the log into it", err=as_json)
        return
    with alone(here.data):
        replayed = rebuild_graph(here, progress=_as_json if as_json else _as_text)
    if as_json:
        click.echo(json.dumps({"complete": True, "records": replayed}))
    else:
        click.echo(f"{replayed} records replayed; the graph is in place")


def _as_json(progress: Progress) -> None:
    left = progress.seconds_left
    row = {"done": progress.done, "total": progress.total, "per_second": round(progress.rate)}
    click.echo(json.dumps(row | {"seconds_left": None if left is None else round(left)}))


def _as_text(progress: Progress) -> None:
    left = progress.seconds_left
    ahead = "" if left is None else f", {progress.rate:,.0f} a second, {left:,.0f} s left"
    percent = 100 * progress.done // max(1, progress.total)
    click.echo(f"{progress.done:,} of {progress.total:,} records ({percent} %){ahead}", err=True)
