"""`headwater up`: the whole product from one data directory."""

import contextlib
import errno
import ipaddress
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import uuid
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import click
import msgspec

from headwater.auth.settings import Settings as AuthSettings
from headwater.embedded.configuration import check_keys
from headwater.embedded.data_dir import (
    DataDir,
    Running,
    checkpoint,
    default_data_dir,
    in_use_message,
    lost_key_message,
    remove_database,
)
from headwater.embedded.lock import DirectoryLock, hand_over
from headwater.embedded.start import Report, StartOptions
from headwater.embedded.supervisor import StartError, Supervisor
from headwater.ingest_gateway.settings import Settings as IngestSettings
from headwater.runtime.hosting.parent import die_with
from headwater.runtime.settings import CONFIG_FILE, SettingsError, config_file, load
from headwater.runtime.web.request_policy import WebSettings

DEFAULT_PORT = 8642
PORTS_TRIED = 50


@click.command()
@click.option("--data-dir", type=click.Path(path_type=Path), help="Directory of all durable data.")
@click.option(
    "--config",
    "file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Settings file (TOML) of all its processes; else HEADWATER_CONFIG_FILE.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), help=f"Port to listen on.  [default: {DEFAULT_PORT}, or the next free one]"
)
@click.option("--sample/--no-sample", default=False, help="Add the sample data at the start.")
@click.option("--ephemeral", is_flag=True, help="Keep nothing: a temporary data directory.")
@click.option("--open-ingest", is_flag=True, help="Accept events without a key (loopback only).")
@click.option("--open-read", is_flag=True, help="Answer reads without a login (loopback only).")
@click.option(
    "--public-url",
    help="Address under which browsers reach the product, behind a TLS proxy https://name; else HEADWATER_PUBLIC_URL.",
)
@click.option("--insecure-http", is_flag=True, help="Listen beyond loopback without TLS.")
def command(
    *,
    data_dir: Path | None,
    file: Path | None,
    host: str,
    port: int | None,
    sample: bool,
    ephemeral: bool,
    open_ingest: bool,
    open_read: bool,
    public_url: str | None,
    insecure_http: bool,
) -> None:
    """Run the whole product from one data directory, until Ctrl-C. `headwater config` shows its settings."""
    _use_file(file)
    web = _web_settings(public_url)
    _check_exposure(host, web.public_url, open_flags=open_ingest or open_read, insecure_http=insecure_http)
    _check_password()
    disk_floor = _disk_floor()
    with (
        _data_directory(data_dir, ephemeral=ephemeral) as data,
        _locked(data) as lock,
        _listen(host, port) as listener,
        socket.create_server(("127.0.0.1", 0)) as status,
    ):
        url = f"http://{_shown(host)}:{listener.getsockname()[1]}"
        options = StartOptions(
            data_dir=str(data.root),
            start=uuid.uuid4().hex,
            url=url,
            public_url=web.public_url or url,
            allowed_hosts=web.allowed_hosts if _is_address(host) else (host, *web.allowed_hosts),
            trusted_proxies=web.trusted_proxies,
            socket=listener.fileno(),
            status=status.fileno(),
            status_port=status.getsockname()[1],
            open_ingest=open_ingest,
            open_read=open_read,
            sample=sample,
            disk_floor=disk_floor,
        )
        supervisor = Supervisor(
            options,
            say=lambda line: click.echo(line, err=True),
            hand_over=lambda stopping: hand_over(lock, data, stopping),
        )
        supervisor.stop_on_signals()
        try:
            reports = supervisor.start()
            data.running.write_bytes(msgspec.json.encode(Running(url, os.getpid())))
            _announce(data, url, options.public_url, reports)
            with _sample_running(data) if sample else contextlib.nullcontext():
                code = supervisor.watch()
        except StartError as error:
            raise click.ClickException(str(error)) from None
        finally:
            data.running.unlink(missing_ok=True)
            checkpoint(data)
    sys.exit(code)


def _use_file(file: Path | None) -> None:
    """For this process and its children: all of them load their settings from the environment."""
    if file is not None:
        os.environ[CONFIG_FILE] = str(file.absolute())
    try:
        check_keys(config_file())
    except SettingsError as error:
        raise click.ClickException(str(error)) from None


def _web_settings(public_url: str | None) -> WebSettings:
    """From file, environment and flag; an empty public URL means the address that is listened on."""
    try:
        return load(WebSettings, flags={"public_url": public_url}, defaults={"public_url": ""})
    except SettingsError as error:
        raise click.UsageError(str(error)) from None


def _check_exposure(host: str, public_url: str, *, open_flags: bool, insecure_http: bool) -> None:
    beyond = not _is_loopback(host)
    if open_flags and (beyond or not _is_loopback(urlsplit(public_url).hostname or "localhost")):
        raise click.UsageError(
            "--open-ingest and --open-read are for loopback only: drop them, or listen there, without --public-url"
        )
    if beyond and not insecure_http:
        raise click.UsageError(
            f"--host {host} is reachable from other machines and this server speaks no TLS: "
            "put a TLS proxy in front (see deploy/nginx), or accept plain HTTP with --insecure-http"
        )


def _check_password() -> None:
    """Check that the administrator's password file can be read where one is given."""
    path = os.environ.get("HEADWATER_ADMIN_PASSWORD_FILE")
    try:
        chosen = load(AuthSettings, mode="embedded").admin_password
    except SettingsError as error:
        raise click.ClickException(str(error)) from None
    if path and not chosen:
        raise click.ClickException(f"HEADWATER_ADMIN_PASSWORD_FILE: {path} is empty: write a password into it")


def _disk_floor() -> int:
    """Bytes that are kept back on the disk."""
    try:
        return load(IngestSettings, mode="embedded").disk_floor_mb * 1_000_000
    except SettingsError as error:
        raise click.ClickException(str(error)) from None


def _is_loopback(host: str) -> bool:
    return ipaddress.ip_address(host).is_loopback if _is_address(host) else host == "localhost"


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host


@contextlib.contextmanager
def _data_directory(data_dir: Path | None, *, ephemeral: bool) -> Iterator[DataDir]:
    if ephemeral and data_dir:
        raise click.UsageError("--ephemeral keeps nothing, --data-dir keeps everything: choose one")
    root = Path(tempfile.mkdtemp(prefix="headwater-")) if ephemeral else (data_dir or default_data_dir()).absolute()
    data = DataDir(root)
    try:
        data.prepare()
    except OSError as error:
        raise click.ClickException(f"cannot use the data directory {root}: {error.strerror}") from None
    try:
        yield data
    finally:
        if ephemeral:
            shutil.rmtree(root, ignore_errors=True)


@contextlib.contextmanager
def _locked(data: DataDir) -> Iterator[DirectoryLock]:
    lock = DirectoryLock(data)
    if not lock.take():
        raise click.ClickException(in_use_message(data))
    data.maintenance_request.unlink(missing_ok=True)  # left by commands that were killed
    remove_database(data.rebuilt)
    yield lock
    lock.close()


@contextlib.contextmanager
def _listen(host: str, port: int | None) -> Iterator[socket.socket]:
    """A listening socket, kept open here so that requests wait while a process restarts."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    wanted = [port] if port is not None else range(DEFAULT_PORT, DEFAULT_PORT + PORTS_TRIED)
    for candidate in wanted:
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, candidate))
        except OSError as error:
            listener.close()
            if port is not None or error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise click.ClickException(
                    f"cannot listen on {host} port {candidate}: {error.strerror}; pass another --host or --port"
                ) from None
            continue
        listener.listen(1024)
        if candidate not in (port, DEFAULT_PORT):
            click.echo(f"port {DEFAULT_PORT} is busy, using {candidate}")
        with listener:
            yield listener
        return
    raise click.ClickException(f"no free port from {DEFAULT_PORT} to {DEFAULT_PORT + PORTS_TRIED - 1}: pass --port")


def _announce(data: DataDir, url: str, public_url: str, reports: list[Report]) -> None:
    click.echo(f"data directory  {data.root}")
    click.echo(f"address         {url}")
    if public_url != url:
        click.echo(f"public address  {public_url}")
    if data.producer_key.exists():
        click.echo(f"producer key    {data.producer_key}   (headwater env prints the variables for your pipelines)")
    else:
        click.echo(f"producer key    {lost_key_message(data)}")
    for report in reports:
        if report.admin_password:
            click.echo(f"administrator   admin   password  {report.admin_password}   (shown this once)")
    click.echo(f"ready: {url}")
    sys.stdout.flush()


@contextlib.contextmanager
def _sample_running(data: DataDir) -> Iterator[None]:
    """In a separate process that ends with this one at the latest: the client is large, and nothing waits for it."""
    command = [sys.executable, "-m", "headwater.cli", "sample", "add", "--once", "--data-dir", str(data.root)]
    with (data.logs / "sample.log").open("ab") as log:
        tie = partial(die_with, os.getpid())
        telling = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=tie)
    threading.Thread(target=telling.wait, name="sample", daemon=True).start()  # or it stays as a zombie
    try:
        yield
    finally:
        telling.terminate()
