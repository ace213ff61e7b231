"""Start the distributed product as its user does; it is spoken to like the embedded one."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from headwater.local import Servers
from tests.product import PASSWORD, Product

STOP_SECONDS = 90


class DistributedProduct(Product):
    """`python -m headwater.local.distributed` on a directory: real servers, every service a process."""

    def start(self) -> "DistributedProduct":
        """Start and wait for the `ready:` line. Raises RuntimeError with the output when it does not come."""
        module = "headwater.local.distributed"
        command = [sys.executable, "-m", module, "--data-dir", str(self.data_dir), *self._flags]
        began = time.perf_counter()
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.output.append(line.rstrip())
            if found := PASSWORD.search(line):
                self.admin_password = found.group(1)
            if line.startswith("ready: "):
                self.url = line.split()[1]
                self.seconds_to_ready = time.perf_counter() - began
                return self
        raise RuntimeError(f"{module} ended:\n" + "\n".join(self.output))

    def child(self, name: str) -> psutil.Process:
        """The process of a program, by the name that `headwater serve` knows, or `nginx`."""
        return psutil.Process(self._running()["processes"][name]["pid"])

    @property
    def servers(self) -> Servers:
        """Kafka, Neo4j and PostgreSQL of this product, to kill and start again."""
        return Servers(self.data_dir / "servers", tied=False)

    def stop(self) -> int:
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        if self.process.stdout:
            self.process.stdout.read()
            self.process.stdout.close()
        return self.process.wait(STOP_SECONDS)

    def kill_program(self, name: str) -> None:
        """`kill -9` one program; the supervisor starts it again."""
        os.kill(self.child(name).pid, signal.SIGKILL)

    def _running(self) -> dict[str, dict[str, dict[str, int]]]:
        found: dict[str, dict[str, dict[str, int]]] = json.loads((self.data_dir / "running.json").read_text())
        return found


@contextlib.contextmanager
def running_distributed(data_dir: Path | str, *flags: str) -> Iterator[DistributedProduct]:
    """A product that is stopped at the end, whatever happens.

    Its stores run as users of their own: the directory must be one that they may pass through.
    """
    directory = Path(data_dir)
    directory.chmod(0o711)
    product = DistributedProduct(directory, *flags)
    try:
        yield product.start()
    finally:
        if product.process is not None and product.process.poll() is None:
            product.stop()
