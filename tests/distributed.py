"""Start the distributed product as its user does: real servers, every service a process, nginx as one origin."""

import contextlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil

from tests.product import Product


class DistributedProduct(Product):
    """`python -m headwater.local.distributed` on a data directory."""

    def command(self) -> list[str]:
        return [sys.executable, "-m", "headwater.local.distributed", "--data-dir", str(self.data_dir), *self.flags]

    def child(self, name: str) -> psutil.Process:
        """The process of one service, by the name that `headwater serve` knows."""
        return psutil.Process(int(self._running()["processes"][name]))

    def servers(self) -> dict[str, str]:
        """Addresses of Kafka, Neo4j and PostgreSQL."""
        told: dict[str, str] = self._running()["servers"]
        return told

    def _running(self) -> dict[str, dict[str, str]]:
        told: dict[str, dict[str, str]] = json.loads((self.data_dir / "running.json").read_text())
        return told


@contextlib.contextmanager
def running_distributed(data_dir: Path, *flags: str) -> Iterator[DistributedProduct]:
    """A distributed product that is stopped at the end, whatever happens."""
    product = DistributedProduct(data_dir, *flags)
    try:
        product.start()
        yield product
    finally:
        if product.process is not None and product.process.poll() is None:
            product.stop(seconds=60)
