"""One embedded product a module, shared by its tests."""

from collections.abc import Iterator

import pytest

from tests.product import Product, running


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    with running(tmp_path_factory.mktemp("product") / "data") as started:
        yield started


@pytest.fixture
def token(product: Product) -> str:
    """An access token of the administrator; it lives five minutes."""
    return product.login()
