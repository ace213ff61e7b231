"""The product with its sample story, once per mode, and a signed-in browser window on it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from playwright.sync_api import Browser, Playwright, expect, sync_playwright

from tests.distributed import running_distributed
from tests.e2e.browser import EXPECTED_WAIT_MS, Window, launch
from tests.e2e.person import sign_in
from tests.product import Product, running

expect.set_options(timeout=EXPECTED_WAIT_MS)
MODES = {"embedded": running, "distributed": running_distributed}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Parallel workers (`--dist loadgroup`) take a mode each, so that each starts one product; other tests by file."""
    for item in items:
        parameters = getattr(item, "callspec", None)
        mode = parameters.params.get("stage") if parameters is not None else None
        item.add_marker(pytest.mark.xdist_group(mode or item.path.stem))


@dataclass
class Stage:
    """A running product, and a window in which its administrator is signed in."""

    mode: str
    product: Product
    window: Window
    seconds_to_story: float


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    browser = launch(playwright)
    yield browser
    browser.close()


@pytest.fixture(scope="session", params=MODES)
def stage(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Stage]:
    mode: str = request.param
    with data_directory() as data, MODES[mode](data, "--sample") as product:
        ready = time.perf_counter()
        with signed_in(browser, product) as window:
            with window.page() as page:
                expect(page.locator("[data-alert-id][data-state=firing]")).to_be_visible()
                expect(page.locator("[data-model-id]")).to_contain_text("customer-churn")
                expect(page.locator("[data-job-id]").first).to_be_visible()
            yield Stage(mode, product, window, time.perf_counter() - ready)


@contextmanager
def data_directory() -> Iterator[Path]:
    """A new directory for one product; PostgreSQL, under a user of its own, may pass through its parent."""
    with TemporaryDirectory(prefix="headwater-e2e-") as directory:
        Path(directory).chmod(0o711)
        yield Path(directory) / "data"


@contextmanager
def signed_in(browser: Browser, product: Product) -> Iterator[Window]:
    """A separate window in which the administrator has signed in on the sign-in page."""
    assert product.admin_password
    window = Window(browser, product.url)
    try:
        with window.page() as page:
            sign_in(page, product.admin_password)
            expect(page.get_by_role("heading", level=1, name="Home")).to_be_visible()
        yield window
    finally:
        window.close()


@pytest.fixture
def window(stage: Stage) -> Iterator[Window]:
    """The signed-in window; the test fails when a page of it logged an error or left its origin."""
    stage.window.complaints.clear()
    yield stage.window
    stage.window.assert_no_complaint()
