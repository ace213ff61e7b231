"""Before anything has arrived every page explains why it is empty and what to do; the first event updates it live."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.accessibility import violations
from tests.e2e.conftest import Stage, data_directory, signed_in
from tests.e2e.events import report
from tests.e2e.screens import WINDOWS, Screen, empty_screens, pictures
from tests.product import running


@pytest.fixture(scope="module")
def empty(browser: Browser) -> Iterator[Stage]:
    with data_directory() as data, running(data) as product, signed_in(browser, product) as window:
        yield Stage("empty", product, window, 0)


@pytest.mark.parametrize("size", WINDOWS, ids=lambda size: str(size[0]))
@pytest.mark.parametrize("screen", empty_screens(), ids=lambda screen: screen.name)
def test_an_empty_place_says_what_to_do(screen: Screen, size: tuple[int, int], empty: Stage) -> None:
    with empty.window.page(screen.path, size=size) as page:
        screen.ready(page)
        for _ in pictures(page, f"{screen.name}-{size[0]}"):
            assert violations(page) == []
    empty.window.assert_no_complaint()


def test_the_first_event_fills_the_home_page_while_it_is_open(empty: Stage) -> None:
    with empty.window.page() as page:
        expect(page.get_by_test_id("first-event")).to_be_visible()
        report(empty.product, "first_report", "COMPLETE")
        expect(page.get_by_test_id("first-event")).to_have_count(0)
        expect(page.get_by_role("link", name="first_report").first).to_be_visible()
    empty.window.assert_no_complaint()
