"""The keys that a fresh installation makes for itself: they belong to it, not to its first user."""

import json
import sys
from collections.abc import Mapping, Sequence

from headwater.local.errors import StartError
from headwater.local.processes import run

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
    command = [sys.executable, "-m", "headwater.cli", "key", *arguments]
    done = run(command, environment=environment, seconds=_SECONDS)
    if done.returncode:
        raise StartError(f"headwater key {' '.join(arguments)} failed\n{done.stderr[-3000:]}")
    return done.stdout
