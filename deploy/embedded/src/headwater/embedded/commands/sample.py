"""`headwater sample`: a story to look at before the first own event."""

from datetime import UTC, datetime
from pathlib import Path

import click

from headwater.embedded.data_dir import DataDir
from headwater.embedded.installation import Installation, data_dir_option
from headwater.embedded.lock import alone
from headwater.embedded.running import find_running
from headwater.embedded.sample.story import Story, read_story, write_story


@click.group()
def command() -> None:
    """Add or remove the sample story."""


@command.command()
@click.option("--data-dir", type=click.Path(path_type=Path), help="Data directory of the running product.")
@click.option("--url", help="Address of the product, if it has no data directory here.")
@click.option("--key-file", type=click.Path(path_type=Path, exists=True), help="File with an API key.")
@click.option("--once", is_flag=True, help="Do nothing when the story was removed from here.")
def add(*, data_dir: Path | None, url: str | None, key_file: Path | None, once: bool) -> None:
    """Tell four weeks of a churn model, up to today; telling it twice changes nothing."""
    today = datetime.now(UTC).date()
    if url is not None and key_file is not None:
        _tell(url, key_file, Story(today, "begun"))
        return
    data, running_url = find_running(data_dir)
    known = read_story(data)
    if known is not None and known.state == "removed" and once:
        return
    if known is not None and known.state == "complete":
        click.echo(f"the sample story is here, it ends on {known.today}: headwater sample remove takes it away")
        return
    story = known if known is not None and known.state == "begun" else Story(today, "begun")
    write_story(data, story)
    _tell(url or running_url, key_file or data.sample_key, story)
    write_story(data, Story(story.today, "complete"))


def _tell(url: str, key_file: Path, story: Story) -> None:
    from headwater.embedded.sample.publish import SampleError, publish  # the client is heavy

    try:
        publish(url, key_file.read_text().strip(), today=story.today, progress=click.echo)
    except SampleError as error:
        raise click.ClickException(str(error)) from None


@command.command()
@data_dir_option
def remove(*, data_dir: Path | None) -> None:
    """Take the sample story away: its events, models, predictions, alerts, and its part of the graph.

    The graph is built anew from the other events; a running embedded product stops meanwhile.
    """
    from headwater.embedded.forgetting import forget
    from headwater.embedded.sample.names import NAMESPACES

    here = Installation(data_dir)
    if here.distributed:
        forget(here, NAMESPACES)
    else:
        with alone(here.data):
            forget(here, NAMESPACES)
            _mark_removed(here.data)
    click.echo("the sample story is gone; headwater sample add tells it again")


def _mark_removed(data: DataDir) -> None:
    known = read_story(data)
    write_story(data, Story(known.today if known else datetime.now(UTC).date(), "removed"))
