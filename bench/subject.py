"""The product under measurement, in either mode: where it answers, with which key, and which processes it is."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import requests

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
