"""`headwater config`: the settings that the services would use."""

import importlib
import json
import os
from pathlib import Path

import click

from headwater.runtime.settings import ServiceSettings, SettingsError, environ_name, load, names, shown, unknown_keys

SERVICES = {
    "up": "headwater.embedded.settings",
    "auth": "headwater.auth.settings",
    "ingest-gateway": "headwater.ingest_gateway.settings",
    "lineage-writer": "headwater.lineage_writer.settings",
    "metrics-engine": "headwater.metrics_engine.settings",
    "alerting": "headwater.alerting.settings",
    "api-gateway": "headwater.api_gateway.settings",
}
ELSEWHERE = frozenset({"HEADWATER_MODE", "HEADWATER_ADMIN_PASSWORD_FILE", "HEADWATER_STATIC_DIR"})

file_option = click.option("--file", type=click.Path(path_type=Path, exists=True), help="Settings file (TOML).")


@click.group()
def command() -> None:
    """Check or show settings; secrets are redacted."""


@command.command()
@file_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.argument("service", type=click.Choice(list(SERVICES)), required=False)
def show(*, file: Path | None, service: str | None, as_json: bool) -> None:
    """Show what each service would use: file < environment < flag."""
    row = {name: shown(_load(name, file)) for name in ([service] if service else SERVICES)}
    if as_json:
        click.echo(json.dumps(row))
        return
    for name, settings in row.items():
        click.echo(f"[{name}]")
        for field, value in settings.items():
            click.echo(f"{field} = {value}")


@command.command()
@file_option
def check(*, file: Path | None) -> None:
    """Check that every setting can be read and none is mistyped."""
    classes = [_settings(name) for name in SERVICES]
    for name in SERVICES:
        _load(name, file)
    known = {environ_name(name) for cls in classes for name in names(cls)}
    known |= {f"{name}_FILE" for name in known} | ELSEWHERE
    stray = sorted(name for name in os.environ if name.startswith("HEADWATER_") and name not in known)
    stray += unknown_keys(file, classes) if file else []
    if stray:
        raise click.ClickException(f"no service knows {', '.join(stray)}: see the reference of settings for the names")
    click.echo("settings are good")


def _settings(service: str) -> type[ServiceSettings]:
    found: type[ServiceSettings] = importlib.import_module(SERVICES[service]).Settings
    return found


def _load(service: str, file: Path | None) -> ServiceSettings:
    try:
        return load(_settings(service), file=file)
    except SettingsError as error:
        raise click.ClickException(f"{service}: {error}") from None
