"""The two programs on this machine: found, given their settings, started as any other program of the product."""

import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from headwater.local.distributed.running import Program
from headwater.local.monitoring.rendering import RULES, routes, scaled, scraping, target_list

_PLACES = os.pathsep.join(("/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"))


class Installed(NamedTuple):
    prometheus: Path
    alertmanager: Path


def find() -> Installed | None:
    """Where both are, under the names that Debian and others give them; None when one is missing."""
    prometheus = _which("prometheus")
    alertmanager = _which("prometheus-alertmanager") or _which("alertmanager")
    return Installed(prometheus, alertmanager) if prometheus and alertmanager else None


def _which(name: str) -> Path | None:
    found = shutil.which(name) or shutil.which(name, path=_PLACES)
    return Path(found) if found else None


def monitoring(
    installed: Installed,
    directory: Path,
    targets: Mapping[str, str],
    *,
    port: Callable[[], int],
    logs: Path,
    factor: float = 1.0,
    webhook: str | None = None,
) -> list[Program]:
    """Alertmanager and Prometheus, not started yet, with what they read written to `directory`.

    targets: `host:port` by program. `alertmanager.yml` is written once: its receivers are the operator's, and stay.
    """
    directory.mkdir(parents=True, exist_ok=True)
    alerts, metrics = f"127.0.0.1:{port()}", f"127.0.0.1:{port()}"
    rules, listed, settings, receivers = (
        directory / name for name in ("rules.yml", "targets.json", "prometheus.yml", "alertmanager.yml")
    )
    rules.write_text(scaled(RULES.read_text(), factor))
    listed.write_text(json.dumps(target_list(targets), indent=2))
    settings.write_text(scraping(rules, listed, alerts, factor))
    if not receivers.exists():
        receivers.write_text(routes(factor, webhook=webhook))
    alertmanager = [
        str(installed.alertmanager),
        f"--config.file={receivers}",
        f"--storage.path={directory / 'alertmanager'}",
        f"--web.listen-address={alerts}",
        "--cluster.listen-address=",
    ]
    prometheus = [
        str(installed.prometheus),
        f"--config.file={settings}",
        f"--storage.tsdb.path={directory / 'series'}",
        "--storage.tsdb.retention.time=15d",
        f"--web.listen-address={metrics}",
    ]
    environment = {"PATH": os.defpath}
    return [
        Program("alertmanager", alertmanager, environment, logs / "alertmanager.log", f"http://{alerts}/-/ready"),
        Program("prometheus", prometheus, environment, logs / "prometheus.log", f"http://{metrics}/-/ready"),
    ]
