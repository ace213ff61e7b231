"""The keys that a fresh installation makes for itself: they belong to it, not to its first user."""

import subprocess
import sys
from collections.abc import Mapping, Sequence

from headwater.local.errors import StartError

_SECONDS = 60


def create_key(environment: Mapping[str, str], name: str, permissions: Sequence[str]) -> str:
    """The secret of a new API key with these permissions, which may annotate every dataset. Raises StartError.

    environment: what the services are given, the address of their database among it.
    """
    options = [option for permission in permissions for option in ("--permission", permission)]
    done = subprocess.run(
        [sys.executable, "-m", "headwater.embedded", "key", "create", name, *options, "--annotate", ""],
        env=dict(environment),
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    if done.returncode:
        raise StartError(f"headwater key create {name} failed\n{done.stderr[-3000:]}")
    return done.stdout.strip()
