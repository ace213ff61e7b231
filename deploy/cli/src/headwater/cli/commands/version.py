"""`headwater version`."""

from importlib.metadata import version

import click


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(*, as_json: bool) -> None:
    """Print the version."""
    number = version("headwater")
    click.echo(f'{{"version": "{number}"}}' if as_json else f"headwater {number}")
