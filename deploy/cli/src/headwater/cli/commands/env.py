"""`headwater env`: the configuration of a producer."""

import json
import shlex
from pathlib import Path

import click

from headwater.embedded.data_dir import DataDir, find_running, lost_key_message


@click.command()
@click.option("--data-dir", type=click.Path(path_type=Path), help="Data directory of the running product.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(*, data_dir: Path | None, as_json: bool) -> None:
    """Print the variables that configure an OpenLineage producer; use them with `eval "$(headwater env)"`."""
    data, url = find_running(data_dir)
    try:
        key = data.producer_key.read_text().strip()
    except FileNotFoundError:
        remedy = lost_key_message(data) if data.bus.is_dir() else _distributed_remedy(data)
        raise click.ClickException(remedy) from None
    lines = {"OPENLINEAGE_URL": url, "OPENLINEAGE_API_KEY": key}
    if as_json:
        click.echo(json.dumps(lines))
        return
    for name, value in lines.items():
        click.echo(f"export {name}={shlex.quote(value)}")


def _distributed_remedy(data: DataDir) -> str:
    return f"{data.producer_key} is missing: restart its installation, which creates a new key and names the lost one"
