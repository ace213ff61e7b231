"""Everything can be reached by keyboard, and the focus is always visible.

The dashboard is the same in both modes, so one mode shows it.
"""

import pytest
from playwright.sync_api import FloatRect, Page, expect

from headwater.sample.names import LAKE
from tests.e2e.browser import Scheme, Window
from tests.e2e.person import card, settled
from tests.e2e.screens import RAW_INVOICES_ID

pytestmark = pytest.mark.parametrize("stage", ["embedded"], indirect=True)

MARGIN = 8
STOPS = 24
_BOX = """() => {
  let at = document.activeElement;
  while (at.getBoundingClientRect().width < 8) at = at.parentElement;
  const {x, y, width, height} = at.getBoundingClientRect();
  return {x, y, width, height};
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/", f"/lineage?focus={RAW_INVOICES_ID}", "/alerts"])
def test_every_stop_of_the_tab_key_shows_that_it_is_focused(path: str, scheme: Scheme, window: Window) -> None:
    with window.page(path, scheme=scheme) as page:
        expect(page.get_by_test_id("live-badge")).to_have_text("Live")
        expect(page.get_by_role("heading", level=1)).to_be_attached()
        expect(page.get_by_role("status", name="Loading")).to_have_count(0)
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
        assert unseen_stops(page) == []


def test_the_graph_is_walked_by_arrows_opened_by_enter_and_left_by_escape(window: Window) -> None:
    with window.page(f"/lineage?focus={RAW_INVOICES_ID}") as page:
        settled(page)
        page.locator(f'.react-flow__node[data-id="{RAW_INVOICES_ID}"]').focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        panel = page.get_by_test_id("node-panel")
        expect(panel.get_by_role("heading", level=2)).to_have_text("features/customer_churn")
        expect(panel.get_by_role("heading", level=2)).to_be_focused()
        # The panel takes space from the graph; the opened node stays in view.
        expect(card(page, "features/customer_churn", LAKE)).to_be_in_viewport()
        page.keyboard.press("Escape")
        expect(panel).to_have_count(0)


def unseen_stops(page: Page) -> list[str]:
    """Names of the stops that look the same with and without the focus."""
    unseen = []
    for _ in range(STOPS):
        box: FloatRect = page.evaluate(_BOX)
        if page.evaluate("document.activeElement === document.body"):
            break
        clip = around(page, box)
        focused = page.screenshot(clip=clip, animations="disabled", caret="hide")
        page.evaluate("window.left = document.activeElement; window.left.blur()")
        if focused == page.screenshot(clip=clip, animations="disabled", caret="hide"):
            unseen.append(page.evaluate("window.left.ariaLabel ?? window.left.textContent"))
        page.evaluate("window.left.focus({ preventScroll: true, focusVisible: true })")
        page.keyboard.press("Tab")
    return unseen


def around(page: Page, box: FloatRect) -> FloatRect:
    """The box with room for an outline, within the window."""
    size = page.viewport_size
    assert size
    left, top = max(0, box["x"] - MARGIN), max(0, box["y"] - MARGIN)
    right, bottom = box["x"] + box["width"] + MARGIN, box["y"] + box["height"] + MARGIN
    return {"x": left, "y": top, "width": min(right, size["width"]) - left, "height": min(bottom, size["height"]) - top}
