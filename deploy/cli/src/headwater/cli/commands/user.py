"""`headwater user`: user accounts."""

import json
from pathlib import Path

import click

from headwater.auth import accounts, attempts, people
from headwater.auth.store import Store, open_store
from headwater.cli.commands.key import explained
from headwater.cli.installation import Installation, data_dir_option
from headwater.runtime.web.problem import Problem


@click.group()
def command() -> None:
    """Create, list, disable, enable and unlock users."""


@command.command()
@data_dir_option
@click.argument("username")
@click.option("--role", multiple=True, default=("viewer",), show_default=True, help="May be repeated.")
@click.option("--password-file", type=click.Path(path_type=Path, exists=True), help="Prompted for when absent.")
def create(*, data_dir: Path | None, username: str, role: tuple[str, ...], password_file: Path | None) -> None:
    """Create a user; the password is prompted for twice and never shown."""
    store = _store(data_dir)
    password = (
        password_file.read_text().rstrip("\n")
        if password_file
        else click.prompt("Password", hide_input=True, confirmation_prompt=True)
    )
    try:
        accounts.create_user(store, username, password, roles=role)
    except Problem as problem:
        raise click.ClickException(explained(problem)) from None
    finally:
        store.close()
    click.echo(f"{username} can log in")


@command.command()
@data_dir_option
@click.argument("username")
def disable(*, data_dir: Path | None, username: str) -> None:
    """Lock a user out everywhere within five seconds."""
    _switch(data_dir, username, enabled=False)


@command.command()
@data_dir_option
@click.argument("username")
def enable(*, data_dir: Path | None, username: str) -> None:
    """Let a disabled user log in again."""
    _switch(data_dir, username, enabled=True)


@command.command()
@data_dir_option
@click.argument("username")
def unlock(*, data_dir: Path | None, username: str) -> None:
    """Let a user log in at once who is locked out after wrong passwords, their own or a stranger's."""
    store = _store(data_dir)
    try:
        attempts.unlock(store, username)
    except Problem as problem:
        raise click.ClickException(explained(problem)) from None
    finally:
        store.close()
    click.echo(f"{username} may try again now")


@command.command("list")
@data_dir_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per line.")
def list_users(*, data_dir: Path | None, as_json: bool) -> None:
    """List the users with their roles."""
    store = _store(data_dir)
    try:
        found = accounts.list_users(store)
    finally:
        store.close()
    for user, held in found:
        roles = [f"{binding.role}@{binding.prefix}" if binding.prefix else binding.role for binding in held]
        row = {"subject": user.subject, "username": user.username, "roles": roles, "disabled": bool(user.disabled)}
        state = "disabled" if user.disabled else "enabled"
        click.echo(json.dumps(row) if as_json else f"{user.username}\t{' '.join(roles)}\t{state}")


def _switch(data_dir: Path | None, username: str, *, enabled: bool) -> None:
    store = _store(data_dir)
    try:
        (accounts.enable_user if enabled else accounts.disable_user)(store, people.named(username))
    except Problem as problem:
        raise click.ClickException(explained(problem)) from None
    finally:
        store.close()
    click.echo(f"{username} is {'enabled' if enabled else 'disabled'}")


def _store(data_dir: Path | None) -> Store:
    here = Installation(data_dir)
    return open_store(here.database_url("auth"), pepper=here.pepper())
