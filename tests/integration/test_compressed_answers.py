"""The embedded product compresses its responses and the files of the dashboard."""

from pathlib import Path

import pytest
import requests

from tests.patience import LONG
from tests.product import Product

pytestmark = pytest.mark.embedded
ASSETS = Path(__file__).parents[2] / "frontend/dist/assets"


def received(product: Product, path: str, accepted: str) -> tuple[requests.Response, int]:
    """A response, and the number of body bytes on the wire."""
    headers = {"Accept-Encoding": accepted}
    with requests.get(product.url + path, headers=headers, stream=True, timeout=LONG) as answer:
        return answer, len(answer.raw.read(decode_content=False))


def test_answers_and_the_layout_worker_are_packed(product: Product) -> None:
    (worker,) = ASSETS.glob("dot.worker-*.js")
    for path, share in (("/api/v1/openapi.json", 0.2), (f"/assets/{worker.name}", 0.8)):
        packed, short = received(product, path, "gzip")
        plain, long = received(product, path, "identity")
        assert (packed.headers["Content-Encoding"], "Content-Encoding" in plain.headers) == ("gzip", False)
        assert short < long * share, f"{path}: {long:,} bytes, {short:,} packed"
