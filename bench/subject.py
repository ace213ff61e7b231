"""The product under measurement, in either mode: its address, its key, and its processes."""

import contextlib
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import psutil
import requests

from bench.http_load import post_all
from bench.machine import processes
from bench.workload import new_events
from headwater.bus.partitioner import partition_of
from headwater.contracts.keys import message_key
from headwater.contracts.topics import LINEAGE_EVENTS, topic
from tests.distributed import running_distributed
from tests.product import Product, running

WRITERS = {"embedded": "workers", "distributed": "lineage-writer"}


class Subject(NamedTuple):
    """`pid`: root of the process tree; `writer`: the process that writes the graph; `key`: may ingest;
    `reading`: a connection that is kept, may read; `seconds_to_ready`: from start."""

    mode: str
    url: str
    pid: int
    writer: Callable[[], psutil.Process]
    key: str
    reading: requests.Session
    seconds_to_ready: float
    directory: Path | None
    """Of the data; None if servers keep it."""

    def get(self, path: str, **params: str | int) -> requests.Response:
        answer = self.reading.get(self.url + path, params=params, timeout=60)
        answer.raise_for_status()
        return answer

    @contextlib.contextmanager
    def writer_halted(self) -> Iterator[None]:
        """Halt the writer of the graph while the log continues."""
        halted = processes(self.writer().pid)
        for process in halted:
            process.suspend()
        try:
            yield
        finally:
            for process in halted:
                process.resume()

    def await_graph(self, *, seconds: float = 1800) -> None:
        """Wait until events sent now, one per partition, and all before them are in the graph. Raises RuntimeError."""
        marks = _one_a_partition(f"mark-{time.time_ns()}")
        post_all(self.url, "/api/v1/lineage", self.key, list(marks.values()), connections=1)
        deadline = time.monotonic() + seconds
        prefix = next(iter(marks)).rpartition(".job.")[0]
        while len(self._jobs(prefix)) < len(marks):
            if time.monotonic() > deadline:
                raise RuntimeError(f"the graph did not catch up within {seconds:g} s")
            time.sleep(0.05)

    def _jobs(self, prefix: str) -> set[str]:
        found = self.get("/api/v1/graph/search", q=prefix, kind="ETLProcess", limit=50).json()["items"]
        return {node["name"] for node in found}


def _one_a_partition(prefix: str) -> dict[str, bytes]:
    """Events by the name of their job, one for every partition of the topic."""
    partitions = topic(LINEAGE_EVENTS).partitions
    found: dict[int, tuple[str, bytes]] = {}
    for index, event in enumerate(new_events(20 * partitions, prefix=prefix)):
        job = f"{prefix}.job.{index}"
        found.setdefault(partition_of(message_key("bench", job), partitions), (job, event))
    return dict(found.values())


@contextlib.contextmanager
def embedded(python: str = sys.executable) -> Iterator[Subject]:
    """A fresh embedded product on a temporary directory, run by the given interpreter."""
    with (
        tempfile.TemporaryDirectory(prefix="headwater-bench-") as directory,
        running(Path(directory), python=python) as product,
    ):
        yield _of("embedded", product)


def _of(mode: str, product: Product) -> Subject:
    reading = requests.Session()
    reading.headers["Authorization"] = f"Bearer {product.login()}"
    return Subject(
        mode,
        product.url,
        product.pid,
        lambda: product.child(WRITERS[mode]),
        product.producer_key,
        reading,
        product.seconds_to_ready,
        product.data_dir if mode == "embedded" else None,
    )


@contextlib.contextmanager
def distributed(python: str = sys.executable) -> Iterator[Subject]:
    """A fresh distributed product on a temporary directory: real servers and one process per service."""
    with (
        tempfile.TemporaryDirectory(prefix="headwater-bench-") as directory,
        running_distributed(Path(directory), python=python) as product,
    ):
        yield _of("distributed", product)


MODES = {"embedded": embedded, "distributed": distributed}
