"""Start the embedded product as its user does, send requests to it, and stop or kill it."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import psutil
import requests

from tests.patience import LONG
from tests.patience import eventually as eventually

ANSWER_SECONDS = LONG
"""The timeout of a request without a promised time."""
PASSWORD = re.compile(r"password\s+(\S+)")


class Product:
    """One `headwater up` on a data directory; it can be stopped, killed and restarted."""

    def __init__(self, data_dir: Path, *flags: str, python: str = sys.executable) -> None:
        self.data_dir = data_dir
        self.python = python
        self.flags = flags
        self.url = ""
        self.output: list[str] = []
        self.admin_password: str | None = None
        self.process: subprocess.Popen[str] | None = None
        self.seconds_to_ready = 0.0

    def command(self) -> list[str]:
        return [str(Path(self.python).with_name("headwater")), "up", "--data-dir", str(self.data_dir), *self.flags]

    def environment(self) -> dict[str, str]:
        return dict(os.environ)

    def start(self) -> "Product":
        """Start and wait for the `ready:` line. Raises RuntimeError with the output if it is not printed."""
        began = time.perf_counter()
        self.process = subprocess.Popen(
            self.command(), env=self.environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.output.append(line.rstrip())
            if found := PASSWORD.search(line):
                self.admin_password = found.group(1)
            if line.startswith("ready: "):
                self.url = line.split()[1]
                self.seconds_to_ready = time.perf_counter() - began
                return self
        self.process.stdout.close()
        self.process.wait()
        raise RuntimeError("headwater up ended:\n" + "\n".join(self.output))

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def child(self, name: str) -> psutil.Process:
        """The process called `front` or `workers`."""
        names = {name, f"headwater.embedded.{name}"}  # the second one is of earlier commits, which `bench` may start
        return next(p for p in psutil.Process(self.pid).children() if names.intersection(p.cmdline()))

    def stop(self, *, seconds: float = LONG) -> int:
        """Stop it as Ctrl-C does; returns its exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        code = self.process.wait(seconds)
        if self.process.stdout:
            self.process.stdout.close()
        return code

    def kill9(self) -> None:
        """Kill its processes, as a power cut would."""
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()

    @property
    def producer_key(self) -> str:
        return (self.data_dir / "producer.key").read_text().strip()

    def post(self, path: str, body: Any, **more: Any) -> requests.Response:
        """POST JSON (or bytes) with the producer key."""
        data = {"data": body} if isinstance(body, bytes) else {"json": body}
        headers = {"Authorization": f"Bearer {self.producer_key}", "Content-Type": "application/json"}
        return requests.post(
            self.url + path, headers=headers | more.pop("headers", {}), timeout=ANSWER_SECONDS, **data, **more
        )

    def login(self) -> str:
        """An access token of the administrator."""
        assert self.admin_password is not None
        answer = requests.post(
            f"{self.url}/api/v1/auth/login",
            json={"username": "admin", "password": self.admin_password},
            timeout=ANSWER_SECONDS,
        )
        answer.raise_for_status()
        token: str = answer.json()["access_token"]
        return token

    def get(self, path: str, token: str, **params: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {token}"}
        return requests.get(self.url + path, headers=headers, params=params, timeout=ANSWER_SECONDS)


@contextlib.contextmanager
def running(data_dir: Path, *flags: str, python: str = sys.executable) -> Iterator[Product]:
    """A product that is stopped at the end in any case."""
    product = Product(data_dir, *flags, python=python)
    try:
        yield product.start()
    finally:
        if product.process is not None and product.process.poll() is None:
            product.stop()


def living(processes: Iterable[psutil.Process]) -> list[psutil.Process]:
    """Those that are still running; zombies are not."""
    found = []
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found
