"""A person follows the sample story from the door to the alert."""

from playwright.sync_api import expect

from headwater.embedded.sample.names import BILLING, LAKE
from tests.e2e.browser import Window
from tests.e2e.conftest import Stage
from tests.e2e.person import card, focus_on


def test_the_story_is_on_the_screen_within_ten_seconds_of_ready(stage: Stage) -> None:
    assert stage.seconds_to_story < 10


def test_a_dataset_is_found_by_a_piece_of_its_name_with_its_graph_two_hops_up_and_down(window: Window) -> None:
    with window.page("/lineage") as page:
        focus_on(page, "voices", "invoices", LAKE)
        expect(card(page, "invoices", BILLING)).to_be_visible()
        expect(card(page, "build_features")).to_be_visible()
        expect(card(page, "customer_churn", LAKE)).to_be_visible()
        expect(page.get_by_label("Upstream hops")).to_have_text("2")
        expect(page.get_by_label("Downstream hops")).to_have_text("2")
