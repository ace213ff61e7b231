"""A user follows the sample story: from part of a name to the data, the model, one prediction, and the alert."""

import os
import re

from playwright.sync_api import expect

from headwater.sample.model import ACCURACY_FLOOR
from headwater.sample.names import BILLING, LAKE, MODEL, VERSIONS
from tests.e2e.browser import Window
from tests.e2e.conftest import Stage
from tests.e2e.person import card, cards, focus_on, settled
from tests.e2e.screens import MODEL_ID, RAW_INVOICES_ID, labelled_prediction
from tests.patience import slowdown

SECONDS_TO_STORY = 10


def test_the_story_is_on_the_screen_within_ten_seconds_of_ready(stage: Stage) -> None:
    # allow for the load of a shared machine
    crowd = max(slowdown(), os.getloadavg()[0] / (os.cpu_count() or 1))
    assert stage.seconds_to_story < SECONDS_TO_STORY * crowd


def test_a_dataset_is_found_by_a_piece_of_its_name_with_its_graph_two_hops_up_and_down(window: Window) -> None:
    with window.page("/lineage") as page:
        focus_on(page, "voices", "raw/invoices", LAKE)
        expect(page.get_by_label("Upstream hops")).to_have_text("2")
        expect(page.get_by_label("Downstream hops")).to_have_text("2")
        page.get_by_role("button", name="Fit").click()
        for label, place in (
            ("billing.invoices", BILLING),
            ("ingest_tables", ""),
            ("build_features", ""),
            ("features/customer_churn", LAKE),
        ):
            expect(card(page, label, place)).to_be_visible()
        # Two hops downstream of the invoices are the features and what is made of them, nothing further.
        page.get_by_role("button", name="Fewer hops downstream").click()
        expect(card(page, f"{MODEL} v3")).to_have_count(0)
        expect(card(page, "features/customer_churn", LAKE)).to_be_visible()


def test_the_graph_is_clicked_through_card_by_card(window: Window) -> None:
    with window.page(f"/lineage?focus={RAW_INVOICES_ID}") as page:
        settled(page)
        card(page, "build_features").click()
        panel = page.get_by_test_id("node-panel")
        expect(panel.get_by_role("heading", level=2)).to_have_text("build_features")
        expect(panel).to_contain_text("Runs")
        panel.get_by_role("button", name="Focus here").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("build_features")
        settled(page)
        card(page, "features/customer_churn", LAKE).dblclick()
        expect(page.get_by_role("heading", level=1)).to_have_text("features/customer_churn")
        page.go_back()
        expect(page.get_by_role("heading", level=1)).to_have_text("build_features")


def parameters(url: str) -> set[str]:
    return set(url.partition("?")[2].split("&"))


def test_a_link_restores_the_view(window: Window) -> None:
    with window.page(f"/lineage?focus={RAW_INVOICES_ID}") as page:
        settled(page)
        page.get_by_role("button", name="More hops downstream").click()
        # The previous scene stays in view until the new one has loaded.
        with page.expect_response(
            lambda answer: "/scene?" in answer.url and {"up=1", "down=3"} <= parameters(answer.url)
        ):
            page.get_by_role("button", name="Fewer hops upstream").click()
        card(page, "build_features").click()
        page.get_by_text("Table", exact=True).click()
        table = page.get_by_test_id("scene-table")
        rows = table.get_by_role("row")
        expect(table.get_by_role("button", name="ingest_tables")).to_be_visible()
        link, shown = page.url, rows.all_text_contents()
    with window.page(link) as page:
        expect(page.get_by_label("Upstream hops")).to_have_text("1")
        expect(page.get_by_label("Downstream hops")).to_have_text("3")
        expect(page.get_by_test_id("node-panel").get_by_role("heading", level=2)).to_have_text("build_features")
        expect(page.get_by_test_id("scene-table").get_by_role("row")).to_have_text(shown)


def test_a_model_shows_its_metric_over_time_and_by_version_with_the_threshold(window: Window) -> None:
    with window.page("/models") as page:
        page.get_by_role("link", name=MODEL).click()
        chart = page.get_by_test_id("metric-chart")
        expect(chart).to_have_attribute("data-metric", "accuracy")
        expect(chart).to_have_attribute("data-thresholds", str(ACCURACY_FLOOR))
        expect(chart.get_by_role("img", name="Accuracy over time for 3 versions; alert below 0.800")).to_be_visible()
        expect(chart.get_by_role("button", pressed=True)).to_have_text([f"v{version}" for version in VERSIONS])
        values = page.get_by_role("group", name="Latest values by version").get_by_role("row")
        expect(values).to_have_text(
            [re.compile("Version"), re.compile("v3.*Breached"), re.compile("v2.*Met"), re.compile("v1")]
        )
        page.get_by_role("combobox", name="Metric").click()
        page.get_by_role("option", name="Recall").click()
        expect(chart).to_have_attribute("data-metric", "recall")
        expect(page).to_have_url(re.compile("metric=recall"))


def test_one_prediction_is_looked_up_by_its_id_with_the_data_behind_it(window: Window) -> None:
    with window.page("/predictions") as page:
        page.get_by_label("Prediction id").fill(labelled_prediction())
        page.get_by_role("button", name="Look up").click()
        expect(page.get_by_test_id("verdict")).to_have_text(re.compile("stays|churns"))
        expect(page.get_by_role("region", name="Labels")).to_contain_text(re.compile("As predicted|Not as predicted"))
        settled(page)
        page.get_by_role("button", name="Fit").click()
        expect(card(page, f"{MODEL} v2")).to_be_visible()
        expect(card(page, "billing.invoices", BILLING)).to_be_visible()
        expect(cards(page).filter(has_text=re.compile(f"{MODEL} v[13]"))).to_have_count(0)
        card(page, "billing.invoices", BILLING).click()
        page.get_by_role("link", name="Open in lineage").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("billing.invoices")
        expect(page.get_by_test_id("as-of")).to_contain_text("As of ")


def test_the_alert_that_fired_says_what_broke_since_when_and_leads_to_the_model(window: Window) -> None:
    with window.page() as page:
        page.get_by_role("link", name="All alerts").click()
        alert = page.locator('[data-testid="alert"][data-state="firing"]')
        expect(alert).to_have_count(1)
        expect(alert).to_contain_text("Churn accuracy below 80 %")
        expect(alert).to_contain_text("Critical")
        alert.get_by_text("History").click()
        expect(alert.get_by_role("listitem").filter(has_text="Firing").first).to_be_visible()
        alert.get_by_role("link", name=f"{MODEL} v3").click()
        expect(page).to_have_url(re.compile(f"/models/{MODEL_ID}"))
        expect(page.get_by_test_id("model-alert")).to_contain_text("Churn accuracy below 80 %")
