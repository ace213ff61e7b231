"""The browser connects only to the product, according to its own network log."""

import json
from pathlib import Path
from typing import Any

from playwright.sync_api import Playwright

from tests.e2e.browser import launch
from tests.e2e.conftest import Stage, signed_in
from tests.e2e.screens import story_screens

OURS = ("127.0.0.1:", "~notfound")  # every foreign name is mapped to the second, which cannot exist


def test_no_screen_makes_the_browser_look_up_or_connect_to_another_host(
    playwright: Playwright, stage: Stage, tmp_path: Path
) -> None:
    log = tmp_path / "network.json"
    browser = launch(playwright, f"--log-net-log={log}")
    with signed_in(browser, stage.product) as window:
        for screen in story_screens():
            with window.page(screen.path) as page:
                screen.ready(page)
    browser.close()
    told = json.loads(log.read_text())
    assert len(contacted(told, "TCP_CONNECT_ATTEMPT", "address")) > 0
    assert foreign(contacted(told, "TCP_CONNECT_ATTEMPT", "address")) == set()
    assert foreign(contacted(told, "HOST_RESOLVER_MANAGER_REQUEST", "host")) == set()


def contacted(log: dict[str, Any], event: str, parameter: str) -> set[str]:
    """Every value of one parameter of one kind of event."""
    kind = log["constants"]["logEventTypes"][event]
    found = (entry.get("params", {}).get(parameter) for entry in log["events"] if entry["type"] == kind)
    return {value for value in found if value}


def foreign(addresses: set[str]) -> set[str]:
    return {address for address in addresses if not address.split("//")[-1].startswith(OURS)}
