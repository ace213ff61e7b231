"""One distributed product for all suites that need one: starting it takes half a minute."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.distributed import DistributedProduct, running_distributed

SETTINGS = {
    "HEADWATER_BATCH_EVENTS": "49999",
    "HEADWATER_REGISTRATION": "open",
    "HEADWATER_STREAM_HEAD_SECONDS": "5",
}


@pytest.fixture(scope="session")
def distributed() -> Iterator[DistributedProduct]:
    """Tests use namespaces of their own, or empty the graph first, and leave everything running.

    It has SETTINGS, which differ from the defaults.
    """
    with (
        tempfile.TemporaryDirectory(prefix="headwater-distributed-") as directory,
        running_distributed(Path(directory), variables=SETTINGS) as product,
    ):
        yield product
