"""`headwater dead-letters`: records that could not be handled."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import click

from headwater.bus import deadletter
from headwater.bus.deadletter import DeadLetter
from headwater.cli.installation import Installation, data_dir_option, record_act
from headwater.contracts.times import format_instant
from headwater.contracts.topics import TOPICS, partitions

SOURCES = [topic.name for topic in TOPICS if topic.dead_letter]
SHOWN = 120


@click.group()
def command() -> None:
    """List, show, redrive and discard records that could not be handled."""


@command.command("list")
@data_dir_option
@click.option("--topic", type=click.Choice(SOURCES), help="Only dead letters of this topic.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per line.")
def list_letters(*, data_dir: Path | None, topic: str | None, as_json: bool) -> None:
    """List the waiting dead letters, oldest first."""
    here = Installation(data_dir)
    there = partitions(embedded=not here.distributed)
    with here.bus() as bus:
        topics = [topic] if topic else [name for name in SOURCES if name in there]
        found = [entry for name in topics for entry in deadletter.waiting(bus, name)]
    for entry in found:
        if as_json:
            click.echo(json.dumps(_as_json(entry)))
        else:
            click.echo(f"{entry.id}\t{format_instant(entry.at)}\t{entry.reason[:SHOWN]}")
    if not found and not as_json:
        click.echo("no dead letters are waiting")


@command.command()
@data_dir_option
@click.argument("entry_id")
@click.option("--raw", is_flag=True, help="Print only the record's own bytes.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON on one line.")
def show(*, data_dir: Path | None, entry_id: str, raw: bool, as_json: bool) -> None:
    """Show one dead letter: its source, its reason and its own bytes (bytes that are not text are escaped)."""
    topic = _topic_of(entry_id)
    with Installation(data_dir).bus() as bus:
        entry = deadletter.show(bus, topic, entry_id)
    if entry is None:
        raise click.ClickException(f"there is no dead letter {entry_id}: see headwater dead-letters list")
    if raw:
        sys.stdout.buffer.write(entry.value)
        return
    row = _as_json(entry) | {"value": entry.value.decode(errors="backslashreplace")}
    click.echo(json.dumps(row, indent=None if as_json else 2))


@command.command()
@data_dir_option
@click.option("--topic", type=click.Choice(SOURCES), help="All waiting dead letters of this topic.")
@click.argument("entry_ids", nargs=-1)
def redrive(*, data_dir: Path | None, topic: str | None, entry_ids: tuple[str, ...]) -> None:
    """Send dead letters to their topic again, unchanged: the given ones, or all of --topic."""
    if bool(topic) == bool(entry_ids):
        raise click.UsageError("name dead letters, or give --topic for all of one topic")
    sent = _settle(data_dir, topic, entry_ids, deadletter.redrive)
    click.echo(f"{sent} sent again")
    _check_all_waited(entry_ids, sent)


@command.command()
@data_dir_option
@click.option("--topic", type=click.Choice(SOURCES), help="All waiting dead letters of this topic.")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@click.argument("entry_ids", nargs=-1)
def discard(*, data_dir: Path | None, topic: str | None, yes: bool, entry_ids: tuple[str, ...]) -> None:
    """Discard dead letters: the given ones, or all of --topic. They are never handled; `show` still finds them."""
    if bool(topic) == bool(entry_ids):
        raise click.UsageError("name dead letters, or give --topic for all of one topic")
    what = f"all waiting dead letters of {topic}" if topic else f"{len(entry_ids)} dead letters"
    if not yes:
        click.confirm(f"Discard {what}? Their records will never be handled", abort=True)
    gone = _settle(data_dir, topic, entry_ids, deadletter.discard)
    click.echo(f"{gone} discarded")
    _check_all_waited(entry_ids, gone)


def _settle(data_dir: Path | None, topic: str | None, entry_ids: tuple[str, ...], settle: Callable[..., int]) -> int:
    """Redrive or discard topic by topic, and record it in the audit trail. Returns how many."""
    topics = [topic] if topic else sorted({_topic_of(entry) for entry in entry_ids})
    done = 0
    with Installation(data_dir).bus() as bus:
        for name in topics:
            settled = settle(bus, name, ids=entry_ids or None)
            if settled:
                record_act(bus, f"dead-letters.{settle.__name__}", name, {"dead letters": str(settled)})
            done += settled
    return done


def _check_all_waited(entry_ids: tuple[str, ...], settled: int) -> None:
    if entry_ids and settled < len(entry_ids):
        raise click.ClickException(f"{len(entry_ids) - settled} of the given dead letters are not waiting (any more)")


def _topic_of(entry_id: str) -> str:
    parts = entry_id.split(":")
    if len(parts) != 4 or parts[1] not in SOURCES:
        raise click.UsageError(f"{entry_id!r} is not a dead letter id: it looks like service:topic:partition:offset")
    return parts[1]


def _as_json(entry: DeadLetter) -> dict[str, object]:
    return {
        "id": entry.id,
        "topic": entry.source.topic,
        "partition": entry.source.partition,
        "offset": entry.offset,
        "service": entry.service,
        "at": format_instant(entry.at),
        "reason": entry.reason,
        "bytes": len(entry.value),
        "settled": entry.settled,
    }
