"""One distributed product for all suites that need one: starting it takes half a minute."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.distributed import DistributedProduct, running_distributed


@pytest.fixture(scope="session")
def distributed() -> Iterator[DistributedProduct]:
    """Whoever uses it keeps to namespaces of its own, or empties the graph first, and leaves everything running."""
    with (
        tempfile.TemporaryDirectory(prefix="headwater-distributed-") as directory,
        running_distributed(Path(directory)) as product,
    ):
        yield product
