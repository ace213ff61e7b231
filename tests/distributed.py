"""Start the distributed product as its user does: real servers, every service a process, nginx as one origin."""

import contextlib
import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psutil
import requests

from headwater.local.addresses import Addresses
from headwater.local.servers import Servers
from tests.product import Product, eventually

PROGRAMS = ("auth", "ingest-gateway", "lineage-writer", "metrics-engine", "alerting", "api-gateway", "stream")


class DistributedProduct(Product):
    """`python -m headwater.local.distributed` on a data directory.

    variables: settings for the product; those in the environment of the tests are for tests, and stay there.
    """

    def __init__(
        self, data_dir: Path, *flags: str, python: str = sys.executable, variables: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(data_dir, *flags, python=python)
        self.variables = variables or {}

    def environment(self) -> dict[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if name == "HEADWATER_CACHE_DIR" or not name.startswith("HEADWATER_")
        }
        return {**kept, **self.variables}

    def command(self) -> list[str]:
        return [self.python, "-m", "headwater.local.distributed", "--data-dir", str(self.data_dir), *self.flags]

    def child(self, name: str) -> psutil.Process:
        """The process of one service, by its name for `headwater serve`; after a crash, waits for the new one."""

        def living() -> psutil.Process | None:
            with contextlib.suppress(psutil.NoSuchProcess):
                process = psutil.Process(int(self._running()["processes"][name]["pid"]))
                return process if process.status() != psutil.STATUS_ZOMBIE else None
            return None

        found: psutil.Process = eventually(living)
        return found

    def readiness(self, name: str) -> tuple[bool, dict[str, Any]]:
        """The response of a service's own `/readyz`: whether it is ready, and its dependencies by name.

        Nothing and False while it does not answer.
        """
        try:
            answer = requests.get(self._running()["processes"][name]["ready"], timeout=30)
        except requests.RequestException:
            return False, {}
        return answer.ok, answer.json()["dependencies"]

    def address(self, name: str) -> str:
        """The service's own address, without nginx."""
        ready: str = self._running()["processes"][name]["ready"]
        return ready.removesuffix("/readyz")

    def series(self, name: str) -> dict[str, float]:
        """The values of a service's own `/metrics` by series."""
        shown = requests.get(f"{self.address(name)}/metrics", timeout=30).text.splitlines()
        return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in shown if not line.startswith("#")}

    def prometheus(self, path: str) -> Any:
        """The response of the Prometheus that monitors the product."""
        address = self._running()["processes"]["prometheus"]["ready"].removesuffix("/-/ready")
        return requests.get(f"{address}/api/v1/{path}", timeout=30).json()["data"]

    def await_ready(self) -> None:
        """Wait until every service is ready."""
        eventually(lambda: all(self.readiness(name)[0] for name in PROGRAMS))

    def stores(self) -> Addresses:
        """Addresses of Kafka, Neo4j and PostgreSQL."""
        return Addresses(**self._running()["servers"])

    def servers(self) -> Servers:
        """The stores, to be stopped, killed and started again."""
        return Servers(self.data_dir / "servers", tied=False)

    def _running(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads((self.data_dir / "running.json").read_text())
        return told


@contextlib.contextmanager
def running_distributed(
    data_dir: Path, *flags: str, python: str = sys.executable, variables: Mapping[str, str] | None = None
) -> Iterator[DistributedProduct]:
    """A distributed product that is stopped at the end in any case."""
    product = DistributedProduct(data_dir, *flags, python=python, variables=variables)
    try:
        product.start()
        yield product
    finally:
        if product.process is not None and product.process.poll() is None:
            product.stop()
