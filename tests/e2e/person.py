"""The actions of a user on the screens."""

import re

from playwright.sync_api import Locator, Page, expect


def sign_in(page: Page, password: str, username: str = "admin") -> None:
    """Fill in the sign-in form and send it."""
    page.get_by_label("User name").fill(username)
    page.get_by_role("textbox", name="Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def search(page: Page, piece: str) -> Locator:
    """Type part of a name; returns the matches offered."""
    box = page.get_by_role("combobox", name="Search the graph")
    box.click()
    box.fill(piece)
    return page.get_by_role("listbox", name="Matching nodes").get_by_role("option")


def focus_on(page: Page, piece: str, label: str, namespace: str) -> None:
    """Search and select the match with this label and namespace; its neighbourhood is on screen afterwards."""
    search(page, piece).filter(has_text=label).filter(has_text=namespace).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(label)
    settled(page)


def settled(page: Page) -> Locator:
    """The graph once its layout and camera are final."""
    canvas = page.get_by_test_id("graph-canvas")
    expect(canvas).to_have_attribute("data-settled", "true")
    expect(canvas).to_have_attribute("data-camera", re.compile(r"\d"))
    return canvas


def cards(page: Page) -> Locator:
    return page.locator(".react-flow__node [data-node-id]")


def card(page: Page, label: str, namespace: str = "") -> Locator:
    """The card of a node, by the name and location that it shows."""
    return cards(page).filter(has_text=label).filter(has_text=namespace)
