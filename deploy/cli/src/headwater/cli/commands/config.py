"""`headwater config`: the settings that are in force in this mode."""

import json
import os
from pathlib import Path
from typing import Any

import click

from headwater.embedded.configuration import (
    PROGRAMS,
    UP,
    in_force,
    programs,
    unknown,
    unknown_message,
    unused,
)
from headwater.runtime.settings import Mode, SettingsError, config_file, describe, mode_of, shown

file_option = click.option(
    "--file", type=click.Path(path_type=Path, exists=True), help="Settings file (TOML); else HEADWATER_CONFIG_FILE."
)


@click.group()
def command() -> None:
    """Check or show the settings of this mode; secrets are redacted.

    HEADWATER_MODE chooses the mode: embedded (`headwater up`, also when it is not set) or distributed
    (`headwater serve`).
    """


@command.command()
@file_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.argument("service", type=click.Choice([UP, *PROGRAMS]), required=False)
def show(*, file: Path | None, service: str | None, as_json: bool) -> None:
    """Show the effective settings of this mode and the source of each value: file < environment < flag.

    Settings that this mode does not use are left out; those of them that are set are listed at the end. Flags of
    `headwater up` and `headwater serve` outrank what is shown.
    """
    try:
        mode = mode_of()
        rows = {name: _row(name, mode, file) for name in _named(service, mode)}
        idle = unused(mode, environ=os.environ, file=file, program=service)
    except SettingsError as error:
        raise click.ClickException(str(error)) from None
    if as_json:
        path = file or config_file()
        ignored = [found._asdict() for found in idle]
        click.echo(
            json.dumps({"mode": mode, "file": path and str(path), "services": rows, "set_but_not_used": ignored})
        )
        return
    click.echo(f"mode: {mode}")
    for name, settings in rows.items():
        click.echo(f"[{name}]")
        for setting, entry in settings.items():
            click.echo(f"{setting} = {entry['value']}  # {entry['from']}")
    if idle:
        click.echo(f"set, but not used in {mode} mode:")
    for found in idle:
        click.echo(str(found))


@command.command()
@file_option
def check(*, file: Path | None) -> None:
    """Check that every setting is valid and that none is misspelt.

    A setting that is set and that this mode does not use is listed in a warning, which is not an error.
    """
    try:
        mode = mode_of()
        stray = unknown(environ=os.environ, file=file)
        if stray:
            raise click.ClickException(unknown_message(stray))
        for name in programs(mode):
            _row(name, mode, file)
        idle = unused(mode, environ=os.environ, file=file)
    except SettingsError as error:
        raise click.ClickException(str(error)) from None
    for found in idle:
        click.echo(f"warning: {found}", err=True)
    click.echo("settings are good")


def _named(service: str | None, mode: Mode) -> list[str]:
    """The requested programs. Raises SettingsError where this mode has none of that name."""
    if service is not None and service not in programs(mode):
        raise SettingsError(f"{service} exists in embedded mode only, and HEADWATER_MODE is {mode}")
    return [service] if service else list(programs(mode))


def _row(program: str, mode: Mode, file: Path | None) -> dict[str, dict[str, Any]]:
    """Value and source of each setting that the mode uses, by name. Raises SettingsError."""
    try:
        settings, sources = in_force(program, mode, environ=os.environ, file=file)
    except SettingsError as error:
        raise SettingsError(f"{program}: {error}") from None
    values = shown(settings)
    used = [setting.name for setting in describe(type(settings)) if setting.used_in(mode)]
    return {name: {"value": values[name], "from": sources[name]} for name in used}
