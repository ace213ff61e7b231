"""The picture in the README is a screenshot of the product.

HEADWATER_TEST_PICTURES=1  replace it in docs/images
"""

import os

import pytest

from tests.e2e.browser import PICTURES, ROOT, Window
from tests.e2e.person import cards, settled
from tests.e2e.screens import MODEL_ID

PICTURE = ROOT / "docs" / "images" / "lineage.png"
SIZE = (1680, 640)
CARDS_OF_THE_STORY = 17
MOST_BYTES = 300_000


@pytest.mark.parametrize("stage", ["embedded"], indirect=True)
def test_the_readme_shows_the_whole_lineage_of_the_sample_story(window: Window) -> None:
    with window.page(f"/lineage?focus={MODEL_ID}&up=4", size=SIZE) as page:
        settled(page)
        assert cards(page).count() == CARDS_OF_THE_STORY
        page.get_by_role("button", name="Map").click()
        page.mouse.move(*SIZE)
        made = page.screenshot(path=PICTURES / PICTURE.name, animations="disabled")
    if os.environ.get("HEADWATER_TEST_PICTURES"):
        PICTURE.parent.mkdir(exist_ok=True)
        PICTURE.write_bytes(made)
    assert 0 < PICTURE.stat().st_size < MOST_BYTES
