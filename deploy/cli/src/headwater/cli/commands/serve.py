"""`headwater serve`: one service of a distributed installation; what containers run."""

import gc
import importlib
import os

import click

from headwater.embedded.configuration import PROGRAMS, check_keys
from headwater.runtime.settings import SettingsError, config_file


@click.command()
@click.argument("program", type=click.Choice(list(PROGRAMS)))
@click.option("--host", help="Address to listen on; else HEADWATER_HOST.")
@click.option("--port", type=int, help="Port to listen on; else HEADWATER_PORT.")
def command(*, program: str, host: str | None, port: int | None) -> None:
    """Run one service until SIGTERM.

    Its settings come from HEADWATER_… variables and the file that HEADWATER_CONFIG_FILE names: see `headwater config`.
    """
    if host is not None:
        os.environ["HEADWATER_HOST"] = host
    if port is not None:
        os.environ["HEADWATER_PORT"] = str(port)
    try:
        check_keys(config_file())
        gc.set_threshold(200_000)  # nearly all that is created while modules load stays; serving sets it anew
        importlib.import_module(PROGRAMS[program]).main()
    except SettingsError as error:
        raise click.ClickException(f"{program} could not start: {error}") from None
