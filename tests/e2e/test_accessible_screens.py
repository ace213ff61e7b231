"""Every screen is accessible in light and dark and fits its window; a screenshot of each is saved.

The dashboard is the same in both modes, so one mode shows it.
"""

import pytest

from tests.e2e.accessibility import violations
from tests.e2e.browser import Window
from tests.e2e.screens import WINDOWS, Screen, pictures, story_screens


@pytest.mark.parametrize("stage", ["embedded"], indirect=True)
@pytest.mark.parametrize("size", WINDOWS, ids=lambda size: str(size[0]))
@pytest.mark.parametrize("screen", story_screens(), ids=lambda screen: screen.name)
def test_a_screen_is_accessible_and_fits(screen: Screen, size: tuple[int, int], window: Window) -> None:
    with window.page(screen.path, size=size) as page:
        screen.ready(page)
        for _ in pictures(page, f"{screen.name}-{size[0]}"):
            assert violations(page) == []
