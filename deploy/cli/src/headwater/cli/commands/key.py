"""`headwater key`: API keys for producers and scripts."""

import json
import os
from pathlib import Path

import click
import msgspec

from headwater.auth import accounts, people
from headwater.auth.store import Store, open_store
from headwater.cli.installation import Installation, data_dir_option
from headwater.contracts.api.auth import KeySummary
from headwater.contracts.problems import Problems
from headwater.embedded.data_dir import write_private
from headwater.runtime.web.problem import Problem


@click.group()
def command() -> None:
    """Create, list and revoke API keys."""


@command.command()
@data_dir_option
@click.argument("name")
@click.option("--permission", multiple=True, default=("ingest:write",), show_default=True, help="May be repeated.")
@click.option("--namespace", multiple=True, default=("",), help="Only namespaces with this prefix; may be repeated.")
@click.option(
    "--annotate",
    multiple=True,
    metavar="PREFIX",
    help="Prefix of namespaces whose datasets may be annotated; '' is every namespace; may be repeated.",
)
@click.option("--owner", metavar="USER", help="Owner of the key; default: the installation.")
@click.option("--days", type=click.IntRange(1, 365), default=365, show_default=True, help="Days until it expires.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the secret to this file, readable by you alone, and print the key's id.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def create(
    *,
    data_dir: Path | None,
    name: str,
    permission: tuple[str, ...],
    namespace: tuple[str, ...],
    annotate: tuple[str, ...],
    owner: str | None,
    days: int,
    output: Path | None,
    as_json: bool,
) -> None:
    """Create a key and print its secret, only once.

    A user's key never grants more than the user holds at that moment, and nothing once the user is disabled.
    """
    if output is not None and not os.access(output.absolute().parent, os.W_OK):
        raise click.ClickException(f"cannot write {output}: name a file in a directory that exists and may be written")
    store = _store(data_dir)
    try:
        made = accounts.create_key(
            store,
            name,
            permission,
            namespace,
            expires_days=days,
            annotate=annotate,
            owner=None if owner is None else people.named(owner),
        )
    except Problem as problem:
        raise click.ClickException(explained(problem)) from None
    finally:
        store.close()
    if output is None:
        click.echo(json.dumps({"id": made.id, "secret": made.secret}) if as_json else made.secret)
        return
    write_private(output, made.secret)
    click.echo(json.dumps({"id": made.id, "file": str(output)}) if as_json else made.id)


@command.command("list")
@data_dir_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per line.")
def list_keys(*, data_dir: Path | None, as_json: bool) -> None:
    """List the keys and their owners; secrets are never shown again."""
    store = _store(data_dir)
    try:
        keys = accounts.list_keys(store)
    finally:
        store.close()
    for key in keys:
        click.echo(json.dumps(msgspec.structs.asdict(key)) if as_json else _line(key))


def _line(key: KeySummary) -> str:
    """A key as one line: id, name, owner, permissions, state, last use."""
    may = " ".join(f"{name}{_where(key.prefixes)}" for name in key.permissions)
    if key.annotate:
        may += f" dataset:annotate{_where(key.annotate)}"
    state = key.state if key.state != "active" else f"expires {key.expires_at or 'never'}"
    used = f"last used {key.last_used_at}" if key.last_used_at else "never used"
    return "\t".join((key.id, key.name, key.owner_name or key.owner, may, state, used))


def _where(prefixes: list[str]) -> str:
    return "" if "" in prefixes else f"@{','.join(prefixes)}"


@command.command()
@data_dir_option
@click.argument("key_id")
def revoke(*, data_dir: Path | None, key_id: str) -> None:
    """Revoke a key, and those created with it; services refuse them within five seconds."""
    store = _store(data_dir)
    try:
        accounts.revoke_key(store, key_id)
    except Problem as problem:
        raise click.ClickException(explained(problem)) from None
    finally:
        store.close()
    click.echo(f"{key_id} is revoked")


def _store(data_dir: Path | None) -> Store:
    here = Installation(data_dir)
    return open_store(here.database_url("auth"), pepper=here.pepper())


def explained(problem: Problem) -> str:
    """A refusal as one line for a terminal."""
    fields = "; ".join(f"{e['field']}: {e['message']}" for e in problem.errors or ())
    return fields or problem.detail if problem.problem is not Problems.NOT_FOUND else "it does not exist"
