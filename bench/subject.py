"""The product under measurement, in either mode: where it answers, with which key, and which processes it is."""

import contextlib
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import requests

from bench.http_load import post_all
from bench.workload import new_events
from tests.distributed import running_distributed
from tests.product import Product, running


class Subject(NamedTuple):
    """`pid`: root of the process tree; `key`: may ingest; `token`: may read; `seconds_to_ready`: from start."""

    mode: str
    url: str
    pid: int
    key: str
    token: str
    seconds_to_ready: float

    def get(self, path: str, **params: str | int) -> requests.Response:
        answer = requests.get(
            self.url + path, params=params, headers={"Authorization": f"Bearer {self.token}"}, timeout=60
        )
        answer.raise_for_status()
        return answer

    def await_graph(self, *, seconds: float = 600) -> None:
        """Until an event sent now is in the graph, and so all that were sent before. Raises RuntimeError."""
        mark = f"mark-{time.time_ns()}"
        post_all(self.url, "/api/v1/lineage", self.key, list(new_events(1, prefix=mark)), connections=1)
        deadline = time.monotonic() + seconds
        while not self.get("/api/v1/graph/search", q=mark, limit=1).json()["items"]:
            if time.monotonic() > deadline:
                raise RuntimeError(f"the graph did not catch up within {seconds:g} s")
            time.sleep(0.1)


@contextlib.contextmanager
def embedded() -> Iterator[Subject]:
    """A fresh embedded product on a temporary directory."""
    with tempfile.TemporaryDirectory(prefix="headwater-bench-") as directory, running(Path(directory)) as product:
        yield _of("embedded", product)


def _of(mode: str, product: Product) -> Subject:
    return Subject(mode, product.url, product.pid, product.producer_key, product.login(), product.seconds_to_ready)


@contextlib.contextmanager
def distributed() -> Iterator[Subject]:
    """A fresh distributed product: real servers and every service a process, on a temporary directory."""
    with (
        tempfile.TemporaryDirectory(prefix="headwater-bench-") as directory,
        running_distributed(Path(directory)) as product,
    ):
        yield _of("distributed", product)


MODES = {"embedded": embedded, "distributed": distributed}
