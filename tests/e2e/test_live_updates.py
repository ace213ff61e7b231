"""Pages follow the events, and nothing on screen moves."""

import time
from typing import NamedTuple

from playwright.sync_api import Browser, Page, expect

from tests.e2e.browser import Window
from tests.e2e.conftest import Stage, signed_in
from tests.e2e.events import JOBS, report
from tests.e2e.person import card, search, settled
from tests.e2e.screens import RAW_INVOICES_ID
from tests.patience import slowdown

A_SECOND = 1_000
LIVE_SECONDS = 1.0  # as promised in the documentation
CHANGES = 3
LONGEST_GLIDE = 300
POLL_SECONDS = 15
_PLACES = """() => Object.fromEntries(
  [...document.querySelectorAll(".react-flow__node")].map((node) => [node.dataset.id, node.style.transform])
)"""
_SAME_AS_BEFORE = """() => {
  const now = document.querySelector(".react-flow__viewport").style.transform + document.querySelector(
    ".react-flow__nodes").innerHTML;
  const same = window.before === now;
  window.before = now;
  return same;
}"""


class View(NamedTuple):
    """The camera, the position of every card on screen, and the page's notes on its scene."""

    camera: str | None
    places: dict[str, str]
    notes: str


def test_a_badge_changes_live_without_a_reload_and_without_the_camera_moving(window: Window, stage: Stage) -> None:
    run = report(stage.product, "weekly_revenue", "START")
    with window.page(f"/lineage?focus={RAW_INVOICES_ID}") as page:
        expect(card(page, "weekly_revenue", JOBS)).to_contain_text("Running")
        expect(page.get_by_test_id("live-badge")).to_have_text("Live")
        settled(page)
        page.get_by_role("button", name="Zoom in").click()
        before = still(page)
        page.evaluate("window.sameDocument = true")
        report(stage.product, "weekly_revenue", "COMPLETE", run)
        expect(card(page, "weekly_revenue", JOBS)).to_contain_text("Succeeded")
        took = [
            seconds_until_shown(page, stage, state, text)
            for _ in range(CHANGES)
            for state, text in (("FAIL", "Failed"), ("COMPLETE", "Succeeded"))
        ]
        assert min(took) < LIVE_SECONDS, took
        assert still(page) == before
        assert page.evaluate("window.sameDocument") is True


def seconds_until_shown(page: Page, stage: Stage, state: str, text: str) -> float:
    """Seconds from a report of a new run to its badge, allowing for the machine's load."""
    slow, began = slowdown(), time.monotonic()
    report(stage.product, "weekly_revenue", state)
    expect(card(page, "weekly_revenue", JOBS)).to_contain_text(text)
    return (time.monotonic() - began) / max(slow, slowdown())


def test_a_new_job_appears_in_the_open_graph_and_existing_cards_do_not_move(window: Window, stage: Stage) -> None:
    with window.page(f"/lineage?focus={RAW_INVOICES_ID}") as page:
        settled(page)
        expect(page.get_by_test_id("live-badge")).to_have_text("Live")
        before = still(page)
        report(stage.product, "monthly_revenue", "COMPLETE")
        expect(page.get_by_test_id("scene-notes")).not_to_have_text(before.notes)
        after = still(page)
        assert after.camera == before.camera
        assert before.places.items() <= after.places.items()


def test_a_producers_first_event_can_be_searched_for_at_once(window: Window, stage: Stage) -> None:
    with window.page("/lineage") as page:
        report(stage.product, "brand_new_report", "COMPLETE")
        matches = search(page, "brand_new")
        expect(matches.filter(has_text=JOBS)).to_be_visible()
        expect(matches).to_have_count(2)


def test_a_search_without_matches_shows_what_arrives_later(window: Window, stage: Stage) -> None:
    with window.page("/lineage") as page:
        expect(page.get_by_test_id("live-badge")).to_have_text("Live")
        matches = search(page, "later_report")
        expect(page.get_by_role("listbox", name="Matching nodes")).to_contain_text("No matches")
        report(stage.product, "later_report", "COMPLETE")
        expect(matches.filter(has_text=JOBS)).to_be_visible()


def test_without_the_stream_the_page_polls_and_reconnects_later(stage: Stage, browser: Browser) -> None:
    run = report(stage.product, "polled_report", "START")
    with signed_in(browser, stage.product) as window:
        window.context.route("**/api/v1/stream", lambda route: route.abort())
        window.context.clock.install()
        with window.page(f"/lineage?focus={RAW_INVOICES_ID}") as page:
            badge = page.get_by_test_id("live-badge")
            expect(badge).to_have_text(f"Every {POLL_SECONDS} s")
            badge.hover()
            page.clock.run_for(A_SECOND)
            expect(page.get_by_role("tooltip")).to_contain_text("every 15 seconds")
            expect(card(page, "polled_report", JOBS)).to_contain_text("Running")
            report(stage.product, "polled_report", "COMPLETE", run)
            page.clock.run_for(POLL_SECONDS * 1000 + A_SECOND)
            expect(card(page, "polled_report", JOBS)).to_contain_text("Succeeded")
            window.context.unroute("**/api/v1/stream")
            page.clock.run_for(2 * POLL_SECONDS * 1000)
            expect(badge).to_have_text("Live")


def still(page: Page) -> View:
    """What is on screen once all transitions have ended."""
    canvas = settled(page)
    page.wait_for_function(_SAME_AS_BEFORE, polling=LONGEST_GLIDE)
    return View(
        canvas.get_attribute("data-camera"), page.evaluate(_PLACES), page.get_by_test_id("scene-notes").inner_text()
    )
