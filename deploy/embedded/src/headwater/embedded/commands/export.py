"""`headwater export`: the canonical form of what is stored."""

import sys
from pathlib import Path

import click

from headwater.embedded.installation import Installation, data_dir_option


@click.group()
def command() -> None:
    """Write the graph as canonical NDJSON: equal facts give equal bytes, in either mode."""


@command.command()
@data_dir_option
@click.option("--output", "-o", type=click.Path(path_type=Path), help="File to write; standard output when absent.")
def graph(*, data_dir: Path | None, output: Path | None) -> None:
    """Write every node, edge, flow, column edge, run, version and metric, sorted."""
    from headwater.graph.errors import GraphUnavailable

    with Installation(data_dir).graph() as store:
        sink = output.open("wb") if output else sys.stdout.buffer
        try:
            for line in store.export():
                sink.write(line + b"\n")
        except GraphUnavailable as error:
            raise click.ClickException(str(error)) from None
        finally:
            sink.flush()
            if output:
                sink.close()
