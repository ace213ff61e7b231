"""The distribution's Chromium, headless, and windows that record their errors."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, Request, Response, WebError

from tests.patience import LONG

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
    # Chromium contacts its vendor's servers by itself; let it resolve no host but this one.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
LAPTOP = (1440, 900)
# 401 before signing in and 404 for an unknown prediction are expected.
ANSWERS = {
    ("/api/v1/auth/login", 401),
    ("/api/v1/auth/refresh", 401),
    ("/api/v1/graph/search", 401),
    ("/api/v1/predictions", 404),
}
EXPECTED_WAIT_MS = LONG * 1_000


def launch(playwright: Playwright, *more: str) -> Browser:
    """Start the Chromium on the path. Raises AssertionError when there is none."""
    found = shutil.which("chromium")
    assert found, "chromium is not installed: `make test` names the command"
    return playwright.chromium.launch(executable_path=found, args=[*FLAGS, *more])


class Window:
    """One browser profile on one product; a new one is signed out."""

    def __init__(self, browser: Browser, origin: str) -> None:
        self.origin = origin
        self.complaints: list[str] = []
        self.context: BrowserContext = browser.new_context(base_url=origin, locale="en-GB", timezone_id="UTC")
        self.context.set_default_timeout(EXPECTED_WAIT_MS)
        self.context.on("console", self._console)
        self.context.on("weberror", self._error)
        self.context.on("request", self._request)
        self.context.on("response", self._response)

    @contextlib.contextmanager
    def page(self, path: str = "/", *, scheme: Scheme = "light", size: tuple[int, int] = LAPTOP) -> Iterator[Page]:
        """A tab on an address of the product."""
        page = self.context.new_page()
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": size[0], "height": size[1]})
        try:
            page.goto(path)
            yield page
        except BaseException:
            # To see why a test failed.
            test = os.environ.get("PYTEST_CURRENT_TEST", "no test").split("::")[-1].split()[0]
            page.screenshot(path=PICTURES / "failed" / f"{test}.png")
            raise
        finally:
            page.close()

    def close(self) -> None:
        self.context.close()

    def assert_no_complaint(self) -> None:
        """Raises AssertionError if a page logged an error or sent a request to another origin."""
        said, self.complaints = self.complaints, []
        if said:
            raise AssertionError("\n".join(said))

    def _console(self, message: ConsoleMessage) -> None:
        # Failed loads are reported by their response, with the URL.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.complaints.append(f"{message.type}: {message.text} ({message.location.get('url', '')})")

    def _response(self, response: Response) -> None:
        if response.status >= 400 and (urlsplit(response.url).path, response.status) not in ANSWERS:
            self.complaints.append(f"{response.status} for {response.url}")

    def _error(self, error: WebError) -> None:
        self.complaints.append(f"exception: {error.error}")

    def _request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if f"{address.scheme}://{address.netloc}" != self.origin and address.scheme not in ("data", "blob"):
            self.complaints.append(f"request to {request.url}")
