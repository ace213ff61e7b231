"""`headwater doctor`: one line per check."""

import json
import shutil
import sqlite3
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import click

from headwater.cli.installation import Installation, is_distributed
from headwater.embedded.data_dir import DataDir, DataDirError, default_data_dir, find_running

LEAST_DISK = 2 * 2**30

Checks = dict[str, Callable[[], str]]


@click.command()
@click.option("--data-dir", type=click.Path(path_type=Path), help="Data directory to check.")
@click.option("--deep", is_flag=True, help="Read every record and index of every file, not a sample.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per line.")
def command(*, data_dir: Path | None, deep: bool, as_json: bool) -> None:
    """Check this machine and installation, one line each; exit code 1 when something is wrong.

    With HEADWATER_MODE=distributed: checks Kafka, Neo4j and PostgreSQL at the addresses in the services' settings.
    """
    checks = _distributed() if is_distributed(data_dir) else _embedded(data_dir, deep=deep)
    width = max(map(len, checks))
    healthy = True
    for name, check in checks.items():
        try:
            good, detail = True, check()
        except _Wrong as wrong:
            good, detail = False, str(wrong)
        healthy = healthy and good
        line = json.dumps({"check": name, "ok": good, "about": detail})
        click.echo(line if as_json else f"{'ok   ' if good else 'wrong'} {name:{width}} {detail}")
    sys.exit(0 if healthy else 1)


def _embedded(data_dir: Path | None, *, deep: bool) -> Checks:
    root = (data_dir or default_data_dir()).absolute()
    return {
        "python": _python,
        "sqlite": _sqlite,
        "disk": lambda: _disk(root),
        "clock": _clock,
        "product": lambda: _product(data_dir),
        **_files(DataDir(root), deep=deep),
        **_tasks(DataDir(root)),
    }


def _distributed() -> Checks:
    from headwater.cli import servers

    settings = Installation(None).settings
    checks = {name: _found(servers.Unfit, check) for name, check in servers.checks(settings).items()}
    url = settings.database_url.reveal()
    return {"python": _python, "clock": _clock, **checks, "tasks": _last_runs(lambda service: url)}


def _found(kind: type[Exception], check: Callable[[], str]) -> Callable[[], str]:
    """Run the check and map its errors."""

    def checking() -> str:
        try:
            return check()
        except kind as found:
            raise _Wrong(str(found)) from None

    return checking


class _Wrong(Exception):
    """What is wrong, and the remedy."""


def _files(data: DataDir, *, deep: bool) -> Checks:
    """One check per database, where there is an installation."""
    if not data.bus.is_dir():
        return {}
    from headwater.embedded import integrity

    checks = integrity.checks(data, deep=deep)
    return {name: _found(integrity.Unsound, check) for name, check in checks.items()}


def _tasks(data: DataDir) -> Checks:
    """The check of the periodic tasks, where there is an installation."""

    def url(service: str) -> str:
        file = data.database(service)
        return f"sqlite:///file:{quote(str(file))}?mode=ro&uri=true" if file.exists() else ""

    return {"tasks": _last_runs(url)} if data.bus.is_dir() else {}


def _last_runs(url: Callable[[str], str]) -> Callable[[], str]:
    from headwater.cli import tasks

    return _found(tasks.Failed, lambda: tasks.last_runs(url))


def _python() -> str:
    return sys.version.split()[0]


def _sqlite() -> str:
    try:
        sqlite3.connect(":memory:").execute("CREATE VIRTUAL TABLE t USING fts5(name, tokenize='trigram')")
    except sqlite3.OperationalError:
        return f"{sqlite3.sqlite_version}, without trigram search: search by name is slower on large graphs"
    return f"{sqlite3.sqlite_version}, with trigram search"


def _disk(root: Path) -> str:
    existing = next(path for path in (root, *root.parents) if path.exists())
    free = shutil.disk_usage(existing).free
    if free < LEAST_DISK:
        raise _Wrong(f"{free / 2**30:.1f} GiB are free below {existing}: free at least {LEAST_DISK >> 30} GiB")
    return f"{free / 2**30:.0f} GiB free below {existing}"


def _clock() -> str:
    if time.time() < 1_767_225_600:  # 2026-01-01: before the first release
        raise _Wrong("the clock is in the past: set it, otherwise new events get wrong times")
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def _product(data_dir: Path | None) -> str:
    import requests

    try:
        data, url = find_running(data_dir)
    except DataDirError:
        return "not running here"
    try:
        answer = requests.get(f"{url}/readyz", timeout=5)
    except requests.RequestException as error:
        raise _Wrong(f"{url} does not answer ({type(error).__name__}); its logs are in {data.logs}") from None
    dependencies = answer.json().get("dependencies", {}).items()
    down = [
        f"{name} ({dependency.get('message', 'down')})" for name, dependency in dependencies if not dependency.get("ok")
    ]
    if down:
        raise _Wrong(f"{url} is not ready: {', '.join(down)}; its logs are in {data.logs}")
    return f"ready at {url}"
