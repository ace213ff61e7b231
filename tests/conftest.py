"""One distributed product for all suites that need one: starting it takes half a minute."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.distributed import DistributedProduct, running_distributed

SETTINGS = {"HEADWATER_BATCH_EVENTS": "49999", "HEADWATER_REGISTRATION": "open"}


@pytest.fixture(scope="session")
def distributed() -> Iterator[DistributedProduct]:
    """Whoever uses it keeps to namespaces of its own, or empties the graph first, and leaves everything running.

    It is given SETTINGS, in which it differs from a product without any.
    """
    with (
        tempfile.TemporaryDirectory(prefix="headwater-distributed-") as directory,
        running_distributed(Path(directory), variables=SETTINGS) as product,
    ):
        yield product
