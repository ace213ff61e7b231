"""One embedded product per module, shared by its tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.distributed import DistributedProduct
from tests.patience import LONG
from tests.product import Product, running


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    with running(tmp_path_factory.mktemp("product") / "data") as started:
        yield started


@pytest.fixture
def token(product: Product) -> str:
    """An access token of the administrator; it lives five minutes."""
    return product.login()


@pytest.fixture
def key_file(distributed: DistributedProduct, tmp_path: Path) -> Path:
    """A key with the rights that the story needs."""
    headers = {"Authorization": f"Bearer {distributed.login()}"}
    asked = {"name": "story", "permissions": ["ingest:write", "alerts:read", "alerts:write"], "annotate": [""]}
    made = requests.post(f"{distributed.url}/api/v1/keys", json=asked, headers=headers, timeout=LONG)
    file = tmp_path / "story.key"
    file.write_text(made.json()["secret"])
    return file
