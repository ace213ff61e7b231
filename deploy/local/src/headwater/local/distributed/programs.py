"""The programs of the product and the environment of each. Pure."""

from collections.abc import Callable, Mapping
from pathlib import Path

from headwater.local.addresses import Addresses
from headwater.local.distributed.layout import Layout
from headwater.runtime.settings import environ_name

PROGRAMS = ("auth", "ingest-gateway", "lineage-writer", "metrics-engine", "alerting", "api-gateway", "stream")
"""In the order of data flow; they are stopped in reverse."""

INBOUND = ("openlineage.events", "headwater.models", "headwater.predictions", "headwater.labels")

JOINED = frozenset({"HEADWATER_TRUSTED_PROXIES"})
"""Settings of ours that hold the caller's value as well."""


def choose_ports(free_port: Callable[[], int]) -> dict[str, int]:
    """A port of its own for each program."""
    ports: dict[str, int] = {}
    for program in PROGRAMS:
        while (port := free_port()) in ports.values():
            continue
        ports[program] = port
    return ports


def own_settings(
    addresses: Addresses,
    ports: Mapping[str, int],
    layout: Layout,
    *,
    dashboard: Path,
    origin: str,
    given: Mapping[str, str],
) -> dict[str, str]:
    """Variables that outrank the caller's: addresses and secrets; and defaults of settings that are not `given`.

    given: values of the caller's settings, by name.
    """
    proxies = ("127.0.0.1", given.get("trusted_proxies", ""))  # nginx, and what stands in front of it
    defaults = {"public_url": origin, "static_dir": str(dashboard)}
    return {
        **addresses.environment(),
        "HEADWATER_MODE": "distributed",
        "HEADWATER_HOST": "127.0.0.1",
        "HEADWATER_AUTH_URL": url(ports["auth"]),
        "HEADWATER_METRICS_ENGINE_URL": url(ports["metrics-engine"]),
        "HEADWATER_ALERTING_URL": url(ports["alerting"]),
        "HEADWATER_SERVICE_TOKEN_FILE": str(layout.secret_file("service_token")),
        "HEADWATER_PEPPER_FILE": str(layout.secret_file("pepper")),
        "HEADWATER_ADMIN_PASSWORD_FILE": str(layout.secret_file("admin_password")),
        "HEADWATER_TRUSTED_PROXIES": ",".join(filter(None, proxies)),
        **{environ_name(name): value for name, value in defaults.items() if name not in given},
    }


def inbound_principals(producer_key: str, given: Mapping[str, str]) -> dict[str, str]:
    """The broker listens on loopback without authentication: its records belong to the producer's key.

    Unless the caller configures it: a topic with scopes has no principal. producer_key: its secret.
    """
    if "inbound_principals" in given:
        return {}
    _, key_id, _ = producer_key.split("_")
    scoped = {entry.partition("=")[0].strip() for entry in given.get("inbound_scopes", "").split(",")}
    entries = [f"{topic}=key:{key_id}" for topic in INBOUND if topic not in scoped]
    return {"HEADWATER_INBOUND_PRINCIPALS": ",".join(entries)}


def url(port: int) -> str:
    return f"http://127.0.0.1:{port}"
