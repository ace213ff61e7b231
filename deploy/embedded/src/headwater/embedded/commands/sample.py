"""`headwater sample`: a story to look at before the first own event."""

from datetime import UTC, datetime
from pathlib import Path

import click

from headwater.embedded.running import find_running


@click.group()
def command() -> None:
    """Add or remove the sample story."""


@command.command()
@click.option("--data-dir", type=click.Path(path_type=Path), help="Data directory of the running product.")
@click.option("--url", help="Address of the product, if it has no data directory here.")
@click.option("--key-file", type=click.Path(path_type=Path, exists=True), help="File with an API key.")
def add(*, data_dir: Path | None, url: str | None, key_file: Path | None) -> None:
    """Tell four weeks of a churn model, up to this moment; telling it twice changes nothing."""
    from headwater.embedded.sample.publish import SampleError, publish  # the client is heavy

    if url is None or key_file is None:
        data, running_url = find_running(data_dir)
        url, key_file = url or running_url, key_file or data.sample_key
    try:
        publish(url, key_file.read_text().strip(), now=datetime.now(UTC), progress=click.echo)
    except SampleError as error:
        raise click.ClickException(str(error)) from None
