"""`headwater serve`: one service of a distributed installation; what containers run."""

import importlib
import os

import click

from headwater.runtime.settings import SettingsError

PROGRAMS = {
    "auth": "headwater.auth.__main__",
    "ingest-gateway": "headwater.ingest_gateway.__main__",
    "lineage-writer": "headwater.lineage_writer.__main__",
    "metrics-engine": "headwater.metrics_engine.__main__",
    "alerting": "headwater.alerting.__main__",
    "api-gateway": "headwater.api_gateway.__main__",
    "stream": "headwater.api_gateway.serve_stream",
}


@click.command()
@click.argument("program", type=click.Choice(list(PROGRAMS)))
@click.option("--host", help="Address to listen on; else HEADWATER_HOST.")
@click.option("--port", type=int, help="Port to listen on; else HEADWATER_PORT.")
def command(*, program: str, host: str | None, port: int | None) -> None:
    """Run one service until SIGTERM. Its settings come from HEADWATER_… variables (see `headwater config show`)."""
    if host is not None:
        os.environ["HEADWATER_HOST"] = host
    if port is not None:
        os.environ["HEADWATER_PORT"] = str(port)
    try:
        importlib.import_module(PROGRAMS[program]).main()
    except SettingsError as error:
        raise click.ClickException(f"{program} could not start: {error}") from None
