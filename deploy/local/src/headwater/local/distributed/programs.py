"""Pure: which programs make the product, and what each is told."""

from collections.abc import Callable, Mapping
from pathlib import Path

from headwater.local.addresses import Addresses
from headwater.local.distributed.layout import Layout

PROGRAMS = ("auth", "ingest-gateway", "lineage-writer", "metrics-engine", "alerting", "api-gateway", "stream")
"""In the order of the route; they are stopped in reverse."""

OF_THE_CALLER = ("HEADWATER_ALLOWED_HOSTS", "HEADWATER_PUBLIC_URL")


def choose_ports(free_port: Callable[[], int]) -> dict[str, int]:
    """A port of its own for each program."""
    ports: dict[str, int] = {}
    for program in PROGRAMS:
        while (port := free_port()) in ports.values():
            continue
        ports[program] = port
    return ports


def environment(
    addresses: Addresses, ports: Mapping[str, int], layout: Layout, *, dashboard: Path, inherited: Mapping[str, str]
) -> dict[str, str]:
    """What every program is told: our own settings, and of the caller's `HEADWATER_…` only those about the way here."""
    proxies = ("127.0.0.1", inherited.get("HEADWATER_TRUSTED_PROXIES", ""))  # nginx, and what stands in front of it
    return {
        **{name: value for name, value in inherited.items() if not name.startswith("HEADWATER_")},
        **{name: inherited[name] for name in OF_THE_CALLER if name in inherited},
        **addresses.environment(),
        "HEADWATER_MODE": "distributed",
        "HEADWATER_HOST": "127.0.0.1",
        "HEADWATER_AUTH_URL": url(ports["auth"]),
        "HEADWATER_METRICS_ENGINE_URL": url(ports["metrics-engine"]),
        "HEADWATER_ALERTING_URL": url(ports["alerting"]),
        "HEADWATER_SERVICE_TOKEN_FILE": str(layout.secret_file("service_token")),
        "HEADWATER_PEPPER_FILE": str(layout.secret_file("pepper")),
        "HEADWATER_ADMIN_PASSWORD_FILE": str(layout.secret_file("admin_password")),
        "HEADWATER_STATIC_DIR": str(dashboard),
        "HEADWATER_TRUSTED_PROXIES": ",".join(filter(None, proxies)),
    }


def url(port: int) -> str:
    return f"http://127.0.0.1:{port}"
