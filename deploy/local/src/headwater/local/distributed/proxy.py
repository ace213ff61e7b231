"""nginx in a directory of its own, from the same site file that deploy/compose uses."""

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from string import Template

from headwater.local.errors import LocalError, MissingError

TEMPLATES = Path(__file__).resolve().parents[5] / "nginx"


def render(
    directory: Path, *, listen: str, ports: Mapping[str, int], access_log: Path, templates: Path = TEMPLATES
) -> Path:
    """Write `nginx.conf` and the site beside it; returns the path of the former.

    listen: `host:port`. ports: of `ingest-gateway`, `api-gateway` and `stream`.
    """
    values = {
        "HEADWATER_DIRECTORY": str(directory),
        "HEADWATER_ACCESS_LOG": str(access_log),
        "HEADWATER_LISTEN": listen,
        "HEADWATER_INGEST_GATEWAY": f"127.0.0.1:{ports['ingest-gateway']}",
        "HEADWATER_API_GATEWAY": f"127.0.0.1:{ports['api-gateway']}",
        "HEADWATER_STREAM": f"127.0.0.1:{ports['stream']}",
    }
    main = directory / "nginx.conf"
    for template, file in (("headwater.conf", directory / "headwater.conf"), ("loopback.conf", main)):
        text = (templates / f"{template}.template").read_text()
        file.write_text(Template(text).safe_substitute(values))
    return main


def command(program: Path, main: Path) -> list[str]:
    # Until its own log is open nginx writes to a path that it was built with; -e names ours from the start.
    return [str(program), "-e", "stderr", "-p", str(main.parent), "-c", str(main)]


def check(program: Path, main: Path) -> None:
    """`nginx -t`; raises LocalError with its output."""
    done = subprocess.run([*command(program, main), "-t"], capture_output=True, text=True, check=False)
    if done.returncode:
        raise LocalError(f"nginx rejects {main}:\n{done.stderr}")


def find_nginx() -> Path:
    """Debian keeps it in /usr/sbin, which is not on everybody's path."""
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/opt/homebrew/bin")
    if found is None:
        raise MissingError("missing: nginx - install it with: sudo apt-get install -y nginx (or your package manager)")
    return Path(found)
