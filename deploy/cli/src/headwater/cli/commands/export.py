"""`headwater export`: stored data as lines of JSON."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from headwater.cli.installation import Installation, data_dir_option

if TYPE_CHECKING:
    from headwater.auth.store import Store

output_option = click.option(
    "--output", "-o", type=click.Path(path_type=Path), help="File to write; standard output when absent."
)


@click.group()
def command() -> None:
    """Write the graph, the metrics or the audit trail as NDJSON."""


@command.command()
@data_dir_option
@output_option
def graph(*, data_dir: Path | None, output: Path | None) -> None:
    """Write every node, edge, flow, column edge, run, version and metric, sorted: equal facts give equal bytes."""
    with Installation(data_dir).graph() as store:
        _write(store.export(), output)


@command.command()
@data_dir_option
@output_option
def metrics(*, data_dir: Path | None, output: Path | None) -> None:
    """Write the latest value of every metric in every window and slice, sorted: equal facts give equal bytes."""
    from headwater.metrics_engine.database import DATABASE
    from headwater.metrics_engine.exporting import export

    with Installation(data_dir).tables(DATABASE) as store:
        _write(export(store), output)


@command.command()
@data_dir_option
@output_option
def audit(*, data_dir: Path | None, output: Path | None) -> None:
    """Write the audit trail, oldest first; each record contains the digest of the one before."""
    from headwater.auth.store import open_store

    here = Installation(data_dir)
    store = open_store(here.database_url("auth"), pepper=here.pepper())
    try:
        _write(_trail(store), output)
    finally:
        store.close()


def _trail(store: "Store") -> Iterator[bytes]:
    import msgspec

    from headwater.auth import trail
    from headwater.auth.views.audit import entry

    after = 0
    with store.reading() as connection:
        while found := trail.read(connection, after=after):
            yield from (msgspec.json.encode(entry(sealed)) for sealed in found)
            after = found[-1].seq


def _write(lines: Iterable[bytes], output: Path | None) -> None:
    sink = output.open("wb") if output else sys.stdout.buffer
    try:
        for line in lines:
            sink.write(line + b"\n")
    finally:
        sink.flush()
        if output:
            sink.close()
