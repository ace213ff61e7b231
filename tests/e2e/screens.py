"""Every screen of the product with the sample story: how to reach it, and what shows that it has loaded."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from playwright.sync_api import Page, expect

from headwater.contracts.keys import dataset_key, model_key
from headwater.sample.names import BILLING, INVOICES, LAKE, MODEL, MODELS, RAW_INVOICES, calendar
from tests.e2e.browser import PICTURES, SCHEMES, Scheme
from tests.e2e.person import search, settled

MODEL_ID = model_key(MODELS, MODEL).id
INVOICES_ID = dataset_key(BILLING, INVOICES.name).id
RAW_INVOICES_ID = dataset_key(LAKE, RAW_INVOICES.name).id
A_LABELLED_DAY = 10
WINDOWS = ((390, 844), (1024, 768), (1440, 900))  # a phone, a tablet, a laptop


def labelled_prediction() -> str:
    """The id of a labelled prediction of the story."""
    return f"{calendar(datetime.now(UTC).date())[A_LABELLED_DAY].isoformat()}-0007"


class Screen(NamedTuple):
    name: str
    path: str
    ready: Callable[[Page], None]


def shows(test_id: str) -> Callable[[Page], None]:
    return lambda page: expect(page.get_by_test_id(test_id).first).to_be_visible()


def says(text: str) -> Callable[[Page], None]:
    return lambda page: expect(page.get_by_text(text).first).to_be_visible()


def _home(page: Page) -> None:
    expect(page.locator("[data-alert-id]").first).to_be_visible()
    expect(page.locator("[data-job-id]").first).to_be_visible()
    expect(page.locator("[data-model-id]").first).to_be_visible()


def _graph(page: Page) -> None:
    settled(page)


def _graph_with_details(page: Page) -> None:
    settled(page)
    expect(page.get_by_test_id("node-panel").get_by_role("heading")).to_be_visible()


def _model(page: Page) -> None:
    expect(page.get_by_test_id("metric-chart").locator("canvas")).to_be_visible()
    expect(page.get_by_role("group", name="Latest values by version").get_by_role("row")).to_have_count(4)


def _prediction(page: Page) -> None:
    expect(page.get_by_test_id("verdict")).to_be_visible()
    settled(page)


def _alerts(page: Page) -> None:
    expect(page.get_by_test_id("alert").first).to_be_visible()
    page.get_by_text("History").first.click()


def _new_rule(page: Page) -> None:
    page.get_by_role("button", name="New rule").click()
    expect(page.get_by_role("dialog").get_by_label("Threshold")).to_be_visible()


def _search(page: Page) -> None:
    expect(search(page, "churn").nth(3)).to_be_visible()


def story_screens() -> list[Screen]:
    """The screens of a signed-in user."""
    prediction = f"/predictions?model={MODEL_ID}&id="
    return [
        Screen("home", "/", _home),
        Screen("lineage-start", "/lineage", says("Or start with a recent job")),
        Screen("lineage-search", "/lineage", _search),
        Screen("lineage-dataset", f"/lineage?focus={RAW_INVOICES_ID}&node={RAW_INVOICES_ID}", _graph_with_details),
        Screen("lineage-model", f"/lineage?focus={MODEL_ID}&up=4&down=3", _graph),
        Screen("lineage-table", f"/lineage?focus={MODEL_ID}&view=table", shows("scene-table")),
        Screen("catalog-failing", "/catalog?kind=ETLProcess&status=FAIL", says("Latest run")),
        Screen("catalog-datasets", "/catalog", shows("catalog-list")),
        Screen("catalog-runs", "/catalog?kind=Run", shows("catalog-list")),
        Screen("models", "/models", says(MODEL)),
        Screen("model", f"/models/{MODEL_ID}", _model),
        Screen("predictions", "/predictions", says("Which prediction?")),
        Screen("prediction", prediction + labelled_prediction(), _prediction),
        Screen("prediction-unknown", f"{prediction}nobody", says("No prediction has the id")),
        Screen("alerts", "/alerts", _alerts),
        Screen("alerts-new-rule", "/alerts", _new_rule),
        Screen("nowhere", "/nowhere", says("Page not found")),
    ]


def empty_screens() -> list[Screen]:
    """The same pages before anything has arrived."""
    return [
        Screen("empty-home", "/", shows("first-event")),
        Screen("empty-lineage", "/lineage", shows("empty-state")),
        Screen("empty-catalog", "/catalog", shows("empty-state")),
        Screen("empty-models", "/models", shows("empty-state")),
        Screen("empty-predictions", "/predictions", shows("empty-state")),
        Screen("empty-alerts", "/alerts", shows("empty-state")),
    ]


# A script applies the system's colour scheme, with CSS transitions.
_IN_COLOUR = """(scheme) => document.documentElement.dataset.mantineColorScheme === scheme
  && !document.getAnimations().some((running) => running instanceof CSSTransition)"""


def pictures(page: Page, name: str) -> Iterator[Scheme]:
    """Save a screenshot of a page in light and in dark, and yield for further checks of each.

    Raises AssertionError when the page is wider than its window.
    """
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        page.wait_for_function(_IN_COLOUR, arg=scheme)
        page.screenshot(path=PICTURES / f"{name}-{scheme}.png", animations="disabled")
        assert page.evaluate("document.documentElement.scrollWidth") <= page.evaluate("window.innerWidth")
        yield scheme
