"""The key outside the database, for installations that keep it in a file of their data directory."""

import os
import secrets
from pathlib import Path

from headwater.runtime.settings import Secret, SettingsError

SHORTEST = 32


def kept_in(file: Path) -> Secret:
    """The pepper in `file`; created at the first call, readable by its owner alone."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return checked(Secret(file.read_text(encoding="ascii").strip()))
    made = secrets.token_urlsafe(48)
    with os.fdopen(descriptor, "w", encoding="ascii") as out:
        out.write(made)
        out.flush()
        os.fsync(out.fileno())
    return Secret(made)


def checked(pepper: Secret) -> Secret:
    """The pepper itself. Raises SettingsError when it is too short to be one."""
    if len(pepper.reveal()) < SHORTEST:
        raise SettingsError(
            f"pepper is not set or has fewer than {SHORTEST} characters: give HEADWATER_PEPPER_FILE, the same file "
            "to every service (`openssl rand -base64 48` makes a good one)"
        )
    return pepper
