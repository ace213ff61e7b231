"""The keys that a fresh installation makes for itself: they belong to it, not to its first user."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence

from headwater.local.errors import StartError

_SECONDS = 60
_INSTALLATION = "service:installation"


def create_key(environment: Mapping[str, str], name: str, permissions: Sequence[str]) -> str:
    """The secret of a new API key with these permissions, which may annotate every dataset. Raises StartError.

    environment: what the services are given, the address of their database among it.
    """
    options = [option for permission in permissions for option in ("--permission", permission)]
    return _headwater_key(environment, "create", name, *options, "--annotate", "").strip()


def active_keys(environment: Mapping[str, str], name: str) -> list[str]:
    """Ids of the installation's own keys of this name that work. Raises StartError."""
    keys = [json.loads(line) for line in _headwater_key(environment, "list", "--json").splitlines()]
    return [key["id"] for key in keys if (key["name"], key["owner"], key["state"]) == (name, _INSTALLATION, "active")]


def _headwater_key(environment: Mapping[str, str], *arguments: str) -> str:
    """Standard output of a `headwater key` command."""
    done = subprocess.run(
        [sys.executable, "-m", "headwater.embedded", "key", *arguments],
        env=dict(environment),
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    if done.returncode:
        raise StartError(f"headwater key {' '.join(arguments)} failed\n{done.stderr[-3000:]}")
    return done.stdout
