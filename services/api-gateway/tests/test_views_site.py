import gzip
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from headwater.api_gateway.service import SERVICE
from headwater.api_gateway.settings import Settings
from headwater.runtime.identity.verifier import Verifier
from tests.hosting import application


class Visitor:
    def __init__(self, client: FlaskClient) -> None:
        self._client = client

    def get(self, path: str, **asked: Any) -> Any:
        return self._client.get(path, buffered=True, **asked)


@pytest.fixture
def visitor(client_of: Any) -> Any:
    """A client without credentials that reads each response completely."""
    return Visitor(client_of(None))


@pytest.mark.parametrize("path", ["/", "/lineage/abc", "/models?x=1", "/index.html", "/apiary"])
def test_every_address_of_the_dashboard_is_its_page(visitor: Any, path: str) -> None:
    page = visitor.get(path)
    assert (page.status_code, page.mimetype) == (200, "text/html")
    assert "built" in page.text
    assert page.headers["Cache-Control"] == "no-cache"


def test_a_file_named_by_its_hash_is_kept_for_ever(visitor: Any) -> None:
    asset = visitor.get("/assets/index-1a2b.js")
    assert asset.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert asset.mimetype == "text/javascript"


def test_a_file_that_the_build_packed_leaves_packed_for_whoever_takes_gzip(visitor: Any, site: Path) -> None:
    worker = site / "assets/dot.worker-1a2b.js"
    worker.write_text("postMessage(1);" * 1_000)
    packed = worker.with_name("dot.worker-1a2b.js.gz")
    packed.write_bytes(gzip.compress(worker.read_bytes()))
    answer = visitor.get("/assets/dot.worker-1a2b.js", headers={"Accept-Encoding": "gzip, deflate"})
    assert (answer.headers["Content-Encoding"], answer.mimetype) == ("gzip", "text/javascript")
    assert answer.data == packed.read_bytes()
    plain = visitor.get("/assets/dot.worker-1a2b.js", headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    assert plain.data == worker.read_bytes()
    assert "Accept-Encoding" in answer.vary
    assert "Accept-Encoding" in plain.vary
    assert plain.headers["ETag"] != answer.headers["ETag"]
    assert "immutable" in answer.headers["Cache-Control"]


def test_other_files_are_asked_for_again(visitor: Any) -> None:
    icon = visitor.get("/favicon.svg")
    assert icon.headers["Cache-Control"] == "no-cache"
    assert visitor.get("/favicon.svg", headers={"If-None-Match": icon.headers["ETag"]}).status_code == 304


def test_a_missing_asset_is_not_the_page(visitor: Any) -> None:
    assert visitor.get("/assets/index-0000.js").status_code == 404


@pytest.mark.parametrize("path", ["/../secret", "/..%2f..%2fetc/passwd", "/assets/..%2f..%2fsecret", "/%2e%2e/secret"])
def test_no_path_leads_out_of_the_folder(visitor: Any, site: Path, path: str) -> None:
    (site.parent / "secret").write_text("secret")
    assert "secret" not in visitor.get(path).text


def test_the_page_may_load_nothing_from_elsewhere_and_run_nothing_inline(visitor: Any) -> None:
    policy = visitor.get("/").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self' 'wasm-unsafe-eval'" in policy
    assert "http" not in policy
    assert "*" not in policy


@pytest.mark.parametrize("missing", [None, "empty"])
def test_without_a_built_dashboard_the_page_says_what_to_do(
    tmp_path: Path, verifier: Verifier, missing: str | None
) -> None:
    settings = Settings(static_dir="" if missing is None else str(tmp_path / missing))
    page = application(SERVICE, settings, verifier=verifier).test_client().get("/")
    assert page.status_code == 200
    assert "make frontend" in page.text
