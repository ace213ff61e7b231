"""`headwater sample`: sample data to explore before sending own events."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal

import click
import msgspec

from headwater.cli.installation import Installation, data_dir_option
from headwater.embedded.data_dir import DataDir, find_running, write_private
from headwater.embedded.lock import alone


class Story(msgspec.Struct, frozen=True):
    """The state of the sample data of an installation. `today`: its last day.

    `begun` when it may be incomplete: sending it again, up to the same day, completes it.
    """

    today: date
    state: Literal["begun", "complete", "removed"]


@click.group()
def command() -> None:
    """Add or remove the sample data."""


@command.command()
@click.option("--data-dir", type=click.Path(path_type=Path), help="Data directory of the running product.")
@click.option("--url", help="Address of the product, if it has no data directory here.")
@click.option("--key-file", type=click.Path(path_type=Path, exists=True), help="File with an API key.")
@click.option("--once", is_flag=True, help="Do nothing when the sample data was removed before.")
def add(*, data_dir: Path | None, url: str | None, key_file: Path | None, once: bool) -> None:
    """Add four weeks of data of a churn model, up to today; repeating it changes nothing."""
    today = datetime.now(UTC).date()
    if url is not None and key_file is not None:
        _tell(url, key_file, Story(today, "begun"))
        return
    data, running_url = find_running(data_dir)
    known = read_story(data)
    if known is not None and known.state == "removed" and once:
        return
    if known is not None and known.state == "complete":
        click.echo(f"the sample data is present and ends on {known.today}: headwater sample remove removes it")
        return
    story = known if known is not None and known.state == "begun" else Story(today, "begun")
    write_story(data, story)
    _tell(url or running_url, key_file or data.sample_key, story)
    write_story(data, Story(story.today, "complete"))


def _tell(url: str, key_file: Path, story: Story) -> None:
    from headwater.sample.publish import SampleError, publish  # the client is heavy

    try:
        publish(url, key_file.read_text().strip(), today=story.today, progress=click.echo)
    except SampleError as error:
        raise click.ClickException(str(error)) from None


@command.command()
@data_dir_option
def remove(*, data_dir: Path | None) -> None:
    """Remove the sample data: its events, models, predictions, alerts, and its part of the graph.

    The graph is rebuilt from the other events; a running embedded product stops meanwhile.
    """
    from headwater.cli.forgetting import forget
    from headwater.sample.names import NAMESPACES

    here = Installation(data_dir)
    if here.distributed:
        forget(here, NAMESPACES)
    else:
        with alone(here.data):
            forget(here, NAMESPACES)
            _mark_removed(here.data)
    click.echo("the sample data is removed; headwater sample add adds it again")


def _mark_removed(data: DataDir) -> None:
    known = read_story(data)
    write_story(data, Story(known.today if known else datetime.now(UTC).date(), "removed"))


def read_story(data: DataDir) -> Story | None:
    """None when it was never added."""
    try:
        return msgspec.json.decode(data.story.read_bytes(), type=Story)
    except (OSError, msgspec.DecodeError):
        return None


def write_story(data: DataDir, story: Story) -> None:
    write_private(data.story, msgspec.json.encode(story).decode())
