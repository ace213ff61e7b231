"""Signing in and out, and what a signed-out browser may see: nothing."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.browser import Window
from tests.e2e.conftest import Stage, signed_in
from tests.e2e.person import sign_in
from tests.e2e.screens import MODEL_ID


@pytest.fixture
def stranger(stage: Stage, browser: Browser) -> Iterator[Window]:
    """A browser that has never been here."""
    window = Window(browser, stage.product.url)
    yield window
    window.close()
    window.assert_no_complaint()


def test_a_refused_login_does_not_reveal_which_part_was_wrong(stranger: Window) -> None:
    said = []
    with stranger.page("/login") as page:
        for name in ("admin", "nobody-of-that-name"):
            sign_in(page, "not the password", name)
            said.append(page.get_by_test_id("login-error").inner_text())
            page.reload()
        expect(page.get_by_role("heading", name="Sign in to Headwater")).to_be_visible()
    assert said[0] == said[1]
    assert "password" in said[0].lower()


def test_a_link_leads_a_signed_out_user_through_sign_in_to_its_page(stranger: Window, stage: Stage) -> None:
    with stranger.page(f"/models/{MODEL_ID}?metric=recall") as page:
        expect(page).to_have_url(re.compile(r"/login\?next="))
        assert stage.product.admin_password
        sign_in(page, stage.product.admin_password)
        expect(page).to_have_url(f"{stage.product.url}/models/{MODEL_ID}?metric=recall")
        expect(page.get_by_test_id("metric-chart")).to_have_attribute("data-metric", "recall")


def test_signing_out_ends_the_session_in_every_tab_and_for_good(stage: Stage, browser: Browser) -> None:
    with signed_in(browser, stage.product) as window:
        with window.page() as page:
            page.get_by_role("link", name="All alerts").click()
            page.get_by_role("button", name="Account").click()
            page.get_by_role("menuitem", name="Sign out").click()
            expect(page.get_by_role("heading", name="Sign in to Headwater")).to_be_visible()
            page.go_back()
            expect(page.get_by_role("heading", name="Sign in to Headwater")).to_be_visible()
        with window.page("/alerts") as page:
            expect(page.get_by_role("heading", name="Sign in to Headwater")).to_be_visible()
