"""The distribution's Chromium, headless, and windows that remember what went wrong in them."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, Request, WebError

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "screenshots"  # git does not see it
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-color-profile=srgb",
)
EXPECTED_WAIT_MS = 15_000


def launch(playwright: Playwright, *more: str) -> Browser:
    """Start the Chromium on the path. Raises AssertionError when there is none."""
    found = shutil.which("chromium")
    assert found, "chromium is not installed: `make test` names the command"
    return playwright.chromium.launch(executable_path=found, args=[*FLAGS, *more])


class Window:
    """One browser profile on one product; a fresh one is signed out."""

    def __init__(self, browser: Browser, origin: str) -> None:
        self.origin = origin
        self.complaints: list[str] = []
        self.context: BrowserContext = browser.new_context(
            base_url=origin, viewport={"width": 1440, "height": 900}, locale="en-GB", timezone_id="UTC"
        )
        self.context.set_default_timeout(EXPECTED_WAIT_MS)
        self.context.on("console", self._console)
        self.context.on("weberror", self._error)
        self.context.on("request", self._request)

    @contextlib.contextmanager
    def page(self, path: str = "/") -> Iterator[Page]:
        """A tab on an address of the product."""
        page = self.context.new_page()
        try:
            page.goto(path)
            yield page
        except BaseException:
            # For whoever asks why a test failed.
            test = os.environ.get("PYTEST_CURRENT_TEST", "no test").split("::")[-1].split()[0]
            page.screenshot(path=PICTURES / "failed" / f"{test}.png")
            raise
        finally:
            page.close()

    def close(self) -> None:
        self.context.close()

    def assert_no_complaint(self) -> None:
        """Raises AssertionError when a page wrote an error or asked another origin for anything."""
        said, self.complaints = self.complaints, []
        assert said == []

    def _console(self, message: ConsoleMessage) -> None:
        # A refused login and the first question who one is are answers, no faults; the browser logs them too.
        if message.type in ("error", "warning") and "401" not in message.text:
            self.complaints.append(f"{message.type}: {message.text} ({message.location.get('url', '')})")

    def _error(self, error: WebError) -> None:
        self.complaints.append(f"exception: {error.error}")

    def _request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if f"{address.scheme}://{address.netloc}" != self.origin and address.scheme not in ("data", "blob"):
            self.complaints.append(f"request to {request.url}")
