"""`headwater key`: API keys for producers and scripts."""

import json
from pathlib import Path

import click

from headwater.auth import accounts
from headwater.auth.store import Store, open_store
from headwater.contracts.problems import Problems
from headwater.embedded.installation import Installation, data_dir_option
from headwater.runtime.problem import Problem


@click.group()
def command() -> None:
    """Create, list and revoke API keys."""


@command.command()
@data_dir_option
@click.argument("name")
@click.option("--permission", multiple=True, default=("ingest:write",), show_default=True, help="May be repeated.")
@click.option("--namespace", multiple=True, default=("",), help="Only namespaces that begin so; may be repeated.")
@click.option("--days", type=click.IntRange(1, 365), default=365, show_default=True, help="Until it expires.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def create(
    *,
    data_dir: Path | None,
    name: str,
    permission: tuple[str, ...],
    namespace: tuple[str, ...],
    days: int,
    as_json: bool,
) -> None:
    """Create a key and print its secret, this once."""
    store = _store(data_dir)
    try:
        made = accounts.create_key(store, name, permission, namespace, expires_days=days)
    except Problem as problem:
        raise click.ClickException(explained(problem)) from None
    finally:
        store.close()
    click.echo(json.dumps({"id": made.id, "secret": made.secret}) if as_json else made.secret)


@command.command("list")
@data_dir_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def list_keys(*, data_dir: Path | None, as_json: bool) -> None:
    """List the keys; secrets are never shown again."""
    store = _store(data_dir)
    try:
        keys = accounts.list_keys(store)
    finally:
        store.close()
    for key in getattr(keys, "items", keys):
        told = {"id": key.id, "name": key.name, "permissions": key.permissions, "prefixes": key.prefixes}
        told |= {"expires_at": key.expires_at, "last_used_at": key.last_used_at, "revoked": key.revoked}
        state = "revoked" if key.revoked else f"expires {key.expires_at or 'never'}"
        click.echo(json.dumps(told) if as_json else f"{key.id}\t{key.name}\t{' '.join(key.permissions)}\t{state}")


@command.command()
@data_dir_option
@click.argument("key_id")
def revoke(*, data_dir: Path | None, key_id: str) -> None:
    """Revoke a key; services refuse it within five seconds."""
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
    return fields or problem.detail if problem.problem is not Problems.NOT_FOUND else "there is nothing of that name"
