"""The paths of a distributed installation, and the secrets that its services share."""

import json
import os
import secrets
from pathlib import Path
from typing import NamedTuple

from headwater.local.processes import Identity, kill_group

SECRETS = ("service_token", "pepper", "admin_password")


class Layout(NamedTuple):
    root: Path

    @property
    def servers(self) -> Path:
        return self.root / "servers"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def nginx(self) -> Path:
        return self.root / "nginx"

    @property
    def monitoring(self) -> Path:
        """Settings and series of Prometheus and Alertmanager."""
        return self.root / "monitoring"

    @property
    def producer_key(self) -> Path:
        return self.root / "producer.key"

    @property
    def sample_key(self) -> Path:
        """The key for sending the sample data, which creates an alert rule; a producer's key may not."""
        return self.root / "secrets" / "sample.key"

    @property
    def running(self) -> Path:
        """JSON about what runs: the address, the stores, and each service's process and readiness address."""
        return self.root / "running.json"

    def secret_file(self, name: str) -> Path:
        return self.root / "secrets" / name

    def prepare(self) -> bool:
        """Make directories and secrets; True at the first start.

        The directory itself can be passed through, because PostgreSQL and nginx work below it as other users.
        """
        for directory in (self.root, self.servers, self.logs, self.nginx):
            directory.mkdir(parents=True, exist_ok=True)
            directory.chmod(0o711)
        self.secret_file("").mkdir(exist_ok=True, mode=0o700)
        first = not self.secret_file(SECRETS[0]).exists()
        for name in SECRETS:
            if not self.secret_file(name).exists():
                write_private(self.secret_file(name), secrets.token_urlsafe(32))
        return first

    def end_leftovers(self) -> None:
        """Kill what an installation in this directory left behind when its supervisor was killed."""
        if self.running.exists():
            for process in json.loads(self.running.read_text()).get("processes", {}).values():
                kill_group(Identity(process["pid"], process["started"]))

    def secret(self, name: str) -> str:
        return self.secret_file(name).read_text().strip()


def write_private(file: Path, text: str) -> None:
    """Written atomically, readable only by its owner from the beginning."""
    staged = file.with_name(file.name + ".new")
    descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as opened:
        opened.write(text + "\n")
    staged.replace(file)
